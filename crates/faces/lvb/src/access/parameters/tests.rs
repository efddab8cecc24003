use vivace_base::Limits;

use super::{ParameterFault, Parameters};

fn of(query: &str) -> Result<Parameters, ParameterFault> {
    Parameters::of_query(query, &Limits { api_parameters_max: 20_000, api_depth_max: 4, ..Limits::default() })
}

fn texts(query: &str) -> Result<Vec<String>, ParameterFault> {
    of(query)?.members().texts("ids")
}

#[test]
fn lists_come_in_the_order_of_their_indices_wherever_they_begin() {
    for query in [
        "ids.0=a&ids.1=b&ids.2=c",
        "ids.3=c&ids.1=a&ids.2=b",
        "ids.100=c&ids.9=b&ids.1=a",
        "ids[0]=a&ids[1]=b&ids[7]=c",
        "ids_2=c&ids_0=a&ids_1=b",
        "ids.0=a&ids_1=b&ids[2]=c",
        "ids=[\"a\",\"b\",\"c\"]",
    ] {
        assert_eq!(texts(query).expect(query), ["a", "b", "c"], "{query}");
    }
    assert_eq!(texts("ids=a"), Ok(vec!["a".to_owned()]));
    assert_eq!(texts("x=1"), Ok(Vec::new()));
    let many: String = (0..10_000).map(|index| format!("ids.{}={index}&", index * 7)).collect();
    let read = texts(&many).expect("ten thousand");
    assert_eq!((read.len(), read[9_999].as_str()), (10_000, "9999"));
}

#[test]
fn a_list_as_json_text_has_no_more_items_than_one_by_one() {
    let limits = Limits { api_parameters_max: 3, ..Limits::default() };
    let texts = |json: &str| Parameters::of_query(&format!("ids={json}"), &limits)?.members().texts("ids");
    assert_eq!(texts("[1,2,3]").map(|ids| ids.len()), Ok(3));
    assert_eq!(texts("[1,2,3,4]"), Err(ParameterFault::TooMany { max: 3 }));
}

#[test]
fn objects_in_lists_are_read_by_member() {
    let read = |query: &str| {
        let all = of(query).expect(query);
        let objects = all.members().objects("sourceList").expect(query);
        objects
            .iter()
            .map(|one| (one.required_text("name").expect(query).to_owned(), one.required_integer("type").expect(query)))
            .collect::<Vec<_>>()
    };
    let two = [("v".to_owned(), 1), ("w".to_owned(), 2)];
    assert_eq!(read("sourceList.0.name=v&sourceList.0.type=1&sourceList.4.name=w&sourceList.4.type=2"), two);
    assert_eq!(read("sourceList[0][name]=v&sourceList[0][type]=1&source_list_1_name=w&source_list_1_type=2"), two);
    assert_eq!(read("sourceList=[{\"name\":\"v\",\"type\":1},{\"name\":\"w\",\"type\":\"2\"}]"), two);
}

#[test]
fn another_way_of_writing_a_name_counts_only_where_the_name_is_free() {
    let start = |query: &str| of(query).expect(query).members().text("startTime").expect(query).map(str::to_owned);
    assert_eq!(start("start_time=1"), Some("1".to_owned()));
    assert_eq!(start("start_time=1&startTime=2"), Some("2".to_owned()));
    assert_eq!(start("startTime=2&start_time=1"), Some("2".to_owned()));
    assert_eq!(start("_start_time=1"), None);
}

#[test]
fn each_fault_names_its_parameter_and_what_is_expected() {
    let members = |query| of(query).expect("readable");
    let field = |name: &str| name.to_owned();
    let wrong = |name: &str, expected| ParameterFault::WrongType { field: field(name), expected };
    assert_eq!(members("a.0=1").members().text("a"), Err(wrong("a", "a text")));
    assert_eq!(members("a=x").members().integer("a"), Err(wrong("a", "a whole number")));
    assert_eq!(members("a=").members().integer("a"), Err(wrong("a", "a whole number")));
    assert_eq!(members("a=1.5").members().integer("a"), Err(wrong("a", "a whole number")));
    assert_eq!(members("a=-1").members().integer("a"), Ok(Some(-1)));
    assert_eq!(members("a=99999999999999999999").members().integer("a"), Err(wrong("a", "a whole number")));
    assert_eq!(members("a=-1").members().unsigned("a"), Err(wrong("a", "a whole number of 0 or more")));
    assert_eq!(members("a.x=1").members().texts("a"), Err(wrong("a", "a list of texts")));
    assert_eq!(members("a.0.x=1").members().texts("a"), Err(wrong("a.0", "a text")));
    assert_eq!(members("a.1=1&a.5=x").members().integers("a"), Err(wrong("a.5", "a whole number")));
    assert_eq!(members("a.0=1").members().objects("a").map(drop), Err(wrong("a.0", "an object")));
    let one = members("a.3.b.c=1").members().objects("a").expect("one");
    assert_eq!(one[0].text("b"), Err(wrong("a.3.b", "a text")));
    assert_eq!(one[0].required_text("d"), Err(ParameterFault::Missing { field: field("a.3.d") }));
    assert_eq!(members("a=").members().required_id("a"), Err(ParameterFault::Missing { field: field("a") }));
    assert_eq!(members("a=").members().required_text("a"), Ok(""));
    assert!(matches!(members("a=[1,").members().texts("a"), Err(ParameterFault::Json { .. })));
    assert!(matches!(members("a={\"b\":1}").members().texts("a"), Err(ParameterFault::WrongType { .. })));
}

#[test]
fn what_is_not_one_structure_is_refused() {
    let field = |name: &str| name.to_owned();
    assert_eq!(of("a=1&a=2").map(drop), Err(ParameterFault::Duplicate { field: field("a") }));
    assert_eq!(of("a.1=1&a.01=2").map(drop), Err(ParameterFault::Duplicate { field: field("a.01") }));
    assert_eq!(of("a=1&a.0=2").map(drop), Err(ParameterFault::Ambiguous { field: field("a.0") }));
    assert_eq!(of("a.0=2&a=1").map(drop), Err(ParameterFault::Ambiguous { field: field("a") }));
    assert_eq!(of("a..b=1").map(drop), Err(ParameterFault::BadName { field: field("a..b") }));
    assert_eq!(of("=1").map(drop), Err(ParameterFault::BadName { field: String::new() }));
    assert_eq!(of("a.b.c.d=1").map(drop), Ok(()));
    assert_eq!(of("a.b.c.d.e=1").map(drop), Err(ParameterFault::TooDeep { field: field("a.b.c.d.e"), max: 4 }));
    assert!(of(&format!("a{}=1", ".0".repeat(100))).is_err());
}

#[test]
fn a_body_is_read_by_its_type_and_else_as_a_form() {
    let limits = Limits::default();
    for kind in ["application/x-www-form-urlencoded", "application/json", "", "text/plain; charset=utf-8"] {
        let read = Parameters::of_body(kind, b"a=1&b=2\r\n", &limits).expect(kind);
        assert_eq!((read.exact("a"), read.exact("b")), (Some("1"), Some("2")), "{kind}");
    }
    let part = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n";
    let read = Parameters::of_body("multipart/form-data; boundary=x", part.as_bytes(), &limits).expect("multipart");
    assert_eq!(read.exact("a"), Some("1"));
}
