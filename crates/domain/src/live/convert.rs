//! The faults of an address, as the faults of the publish or the play that it was given for.

use vivace_base::NameFault;

use super::{PlayFault, PublishFault};
use crate::url::{FileFault, QueryFault, ShiftFault, SignatureFault};

macro_rules! from_address_faults {
    ($fault:ty) => {
        impl From<NameFault> for $fault {
            fn from(fault: NameFault) -> Self {
                Self::BadName(fault)
            }
        }

        impl From<QueryFault> for $fault {
            fn from(fault: QueryFault) -> Self {
                match fault {
                    QueryFault::TooLong { bytes, max } => Self::QueryTooLong { bytes, max },
                    QueryFault::Duplicate { name } => Self::DuplicateParameter { name },
                    QueryFault::Encoding { at } => Self::QueryEncoding { at },
                    QueryFault::Value { name, wanted } => Self::ParameterMalformed { name, wanted },
                }
            }
        }

        impl From<SignatureFault> for $fault {
            fn from(fault: SignatureFault) -> Self {
                match fault {
                    SignatureFault::ExpiryMissing => Self::ExpiryMissing,
                    SignatureFault::SignatureMissing => Self::SignatureMissing,
                    SignatureFault::ExpiryMalformed => Self::ExpiryMalformed,
                    SignatureFault::SignatureWrong => Self::SignatureWrong,
                    SignatureFault::Expired { ago_ms } => Self::Expired { ago_ms },
                }
            }
        }
    };
}

from_address_faults!(PublishFault);
from_address_faults!(PlayFault);

impl From<ShiftFault> for PlayFault {
    fn from(fault: ShiftFault) -> Self {
        match fault {
            ShiftFault::Missing { name } => Self::ParameterMissing { name },
            ShiftFault::Malformed { name, form } => Self::ParameterMalformed { name, wanted: form },
            ShiftFault::Backwards { name } => Self::ParameterMalformed { name, wanted: "later than the begin" },
        }
    }
}

impl From<FileFault> for PlayFault {
    fn from(fault: FileFault) -> Self {
        match fault {
            FileFault::UnsupportedFormat => Self::UnsupportedFormat,
            FileFault::BadName(fault) => Self::BadName(fault),
        }
    }
}
