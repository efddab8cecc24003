mod costs;
mod fuzzed;
mod hostile;
mod pair;
mod peer;
mod server;
