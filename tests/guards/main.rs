//! One rejection test for every account and every argument of every instruction, on the compiled program with a real
//! Token-2022. Each module ends with a test that no account and no argument was forgotten.

mod admission;
mod compliance;
mod deployment;
mod forgeries;
mod governance;
mod interbank;
mod issuance;
mod issuers;
mod migration;
mod orders;
mod oversight;
mod policy;
mod redemption;
mod reserves;
mod roles;
mod seats;
