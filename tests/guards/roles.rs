use kzte_harness::Guards;

pub(crate) fn accept_issuer_role(_: &mut Guards) {}
pub(crate) fn accept_role(_: &mut Guards) {}
pub(crate) fn cancel_issuer_nomination(_: &mut Guards) {}
pub(crate) fn cancel_nomination(_: &mut Guards) {}
pub(crate) fn nominate_issuer_role(_: &mut Guards) {}
pub(crate) fn nominate_role(_: &mut Guards) {}
