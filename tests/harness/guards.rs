//! Attacks on one instruction, and the count of those that nobody has made.
//!
//! Each instruction has one function that lists its attacks. It runs twice: for real, where each attack gets a fresh
//! copy of the scene, and dry, where only the names are collected and compared with [`roster`](crate::roster).

use std::collections::BTreeMap;

use crate::{
    Case, Refusal, World,
    check::refusal_of,
    roster::{self, Kind},
};

/// What is wrong with an account or an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attack {
    /// The account does not sign.
    MissingSigner,
    /// Another key signs: of another role, another bank, a stranger.
    WrongSigner,
    /// The same bytes under another program.
    WrongOwner,
    /// Another kind of account.
    Cosplay,
    /// The account of another configuration or another bank.
    Foreign,
    /// Some other address.
    WrongAddress,
    /// A token account of another mint, or another mint.
    WrongMint,
    /// A token account of another holder.
    WrongHolder,
    /// The writable flag is missing.
    ReadOnly,
    /// Another account of the same instruction once more.
    Duplicate,
    /// What is to be created exists.
    Exists,
    /// The state of the account forbids it.
    State,
    /// One beyond the last value that passes.
    Boundary,
    /// A value that never passes.
    Invalid,
}

/// The attacks that an account of that kind must have been tested against.
pub fn required(kind: Kind, writable: bool, several_writable: bool) -> Vec<Attack> {
    use Attack::*;
    let mut attacks = match kind {
        Kind::RoleSigner => vec![MissingSigner, WrongSigner],
        Kind::AnySigner => vec![MissingSigner],
        Kind::State => vec![WrongOwner, Cosplay, Foreign],
        Kind::New => vec![WrongAddress, Exists],
        Kind::Mint => vec![WrongMint, WrongAddress],
        Kind::TokenAccount => vec![WrongOwner, WrongMint, WrongHolder, Cosplay],
        Kind::Escrow => vec![WrongAddress, Foreign],
        Kind::Derived | Kind::Receiver | Kind::Program => vec![WrongAddress],
    };
    if writable && kind != Kind::New {
        attacks.push(ReadOnly);
    }
    // A signer twice is a wrong signer; what is new cannot lie twice at two addresses that both are derived.
    let can_repeat = !matches!(kind, Kind::RoleSigner | Kind::AnySigner);
    if writable && several_writable && can_repeat {
        attacks.push(Duplicate);
    }
    attacks
}

/// Makes the case that passes.
type Valid = Box<dyn Fn(&World) -> Case>;

/// The attacks on one instruction.
pub struct Guards {
    instruction: &'static str,
    scene: Option<(World, Valid)>,
    dry: bool,
    made: BTreeMap<(String, Attack), usize>,
    excused: BTreeMap<(String, Attack), &'static str>,
    failures: Vec<String>,
    passed: usize,
}

/// A function that lists the attacks on one instruction.
pub type Script = fn(&mut Guards);

impl Guards {
    /// Runs the attacks of one instruction; panics with all that did not end as they must.
    pub fn run(instruction: &'static str, script: Script) {
        let mut guards = Self::new(instruction, false);
        script(&mut guards);
        let total = guards.passed + guards.failures.len();
        println!("{instruction}: {} of {total} checks hold", guards.passed);
        assert!(
            guards.failures.is_empty(),
            "{instruction}: {} of {total} checks fail\n\n{}",
            guards.failures.len(),
            guards.failures.join("\n\n")
        );
    }

    /// Compares the attacks that the scripts of a module list with what the instructions have. Panics with all that
    /// is missing, and prints the count.
    pub fn completeness(scripts: &[(&'static str, Script)]) {
        let mut missing = Vec::new();
        let (mut attacks, mut excuses) = (0, 0);
        for (instruction, script) in scripts {
            let mut guards = Self::new(instruction, true);
            script(&mut guards);
            missing.extend(guards.missing());
            let made: usize = guards.made.values().sum();
            println!(
                "{instruction}: {made} attacks on {} subjects, {} excused",
                guards.subjects(),
                guards.excused.len()
            );
            for ((subject, attack), reason) in &guards.excused {
                println!("    {subject}, {attack:?}: {reason}");
            }
            attacks += made;
            excuses += guards.excused.len();
        }
        println!(
            "{} instructions, {attacks} attacks, {excuses} excused",
            scripts.len()
        );
        assert!(
            missing.is_empty(),
            "{} attacks are missing:\n{}",
            missing.len(),
            missing.join("\n")
        );
    }

    fn new(instruction: &'static str, dry: bool) -> Self {
        Self {
            instruction,
            scene: None,
            dry,
            made: BTreeMap::new(),
            excused: BTreeMap::new(),
            failures: Vec::new(),
            passed: 0,
        }
    }

    /// The world that every following attack starts from, and the case that passes in it: that it does is checked
    /// first, so that a refusal is the attack's work. Can be called again for another scene.
    pub fn scene(&mut self, build: impl FnOnce() -> World, valid: impl Fn(&World) -> Case + 'static) {
        if self.dry {
            return;
        }
        let world = build();
        let case = valid(&world);
        assert_eq!(case.name, self.instruction, "the scene is of another instruction");
        match world.clone().send(&case) {
            Ok(_) => self.passed += 1,
            Err(error) => {
                self.failures
                    .push(format!("the valid case: {error}\n{}", error.logs().join("\n")));
            }
        }
        self.scene = Some((world, Box::new(valid)));
    }

    /// An attack that must be refused with `expected` and change nothing. `subject`: an account or an argument of the
    /// instruction by its name in [`roster`](crate::roster); `note`: what exactly is wrong. `bend` may change the
    /// world, which is a copy, and bends the valid case.
    pub fn refuse(
        &mut self,
        subject: &str,
        attack: Attack,
        note: &str,
        bend: impl FnOnce(&mut World, Case) -> Case,
        expected: impl Into<Refusal>,
    ) {
        self.register(subject, attack);
        let Some((mut world, case)) = self.fresh() else {
            return;
        };
        let case = bend(&mut world, case);
        match refusal_of(&mut world, &case, expected.into()) {
            Ok(_) => self.passed += 1,
            Err(text) => self
                .failures
                .push(format!("{subject}, {attack:?}, {note}: {text}")),
        }
    }

    /// The last value that still passes, or a thing that looks wrong and is not.
    pub fn accept(&mut self, subject: &str, note: &str, bend: impl FnOnce(&mut World, Case) -> Case) {
        self.require_known(subject);
        let Some((mut world, case)) = self.fresh() else {
            return;
        };
        let case = bend(&mut world, case);
        match world.send(&case) {
            Ok(_) => self.passed += 1,
            Err(error) => {
                self.failures
                    .push(format!("{subject}, {note}: {error}\n{}", error.logs().join("\n")));
            }
        }
    }

    /// Says why an attack that the kind of account calls for does not apply.
    pub fn excuse(&mut self, subject: &str, attack: Attack, reason: &'static str) {
        self.require_known(subject);
        self.excused.insert((subject.to_owned(), attack), reason);
    }

    fn fresh(&self) -> Option<(World, Case)> {
        let (world, valid) = self.scene.as_ref()?;
        Some((world.clone(), valid(world)))
    }

    fn register(&mut self, subject: &str, attack: Attack) {
        self.require_known(subject);
        assert!(
            self.dry || self.scene.is_some(),
            "an attack before the scene is set"
        );
        *self.made.entry((subject.to_owned(), attack)).or_default() += 1;
    }

    fn require_known(&self, subject: &str) {
        let spec = roster::of(self.instruction);
        let known =
            spec.all_accounts().any(|account| account.name == subject) || spec.arguments.contains(&subject);
        assert!(
            known,
            "{} has no account and no argument '{subject}'",
            self.instruction
        );
    }

    fn subjects(&self) -> usize {
        let spec = roster::of(self.instruction);
        spec.all_accounts().count() + spec.arguments.len()
    }

    fn has(&self, subject: &str, attack: Attack) -> bool {
        let key = (subject.to_owned(), attack);
        self.made.contains_key(&key) || self.excused.contains_key(&key)
    }

    fn missing(&self) -> Vec<String> {
        let spec = roster::of(self.instruction);
        let several = spec.all_accounts().filter(|account| account.writable).count() > 1;
        let mut missing = Vec::new();
        for account in spec.all_accounts() {
            for attack in required(account.kind, account.writable, several) {
                if !self.has(account.name, attack) {
                    missing.push(format!(
                        "{}: account {}: {attack:?}",
                        self.instruction, account.name
                    ));
                }
            }
        }
        for argument in spec.arguments {
            if !self.has(argument, Attack::Boundary) && !self.has(argument, Attack::Invalid) {
                missing.push(format!(
                    "{}: argument {argument}: Boundary or Invalid",
                    self.instruction
                ));
            }
        }
        missing
    }
}

/// Makes one test of each script, and one that compares the module's scripts with the roster: every instruction that
/// is listed there under `group` must have a script.
#[macro_export]
macro_rules! guard_tests {
    ($group:literal: $($instruction:ident),+ $(,)?) => {
        const SCRIPTS: &[(&str, $crate::guards::Script)] = &[$((stringify!($instruction), $instruction)),+];

        mod guards_of {
            $(
                #[test]
                fn $instruction() {
                    $crate::Guards::run(stringify!($instruction), super::$instruction);
                }
            )+
        }

        #[test]
        fn no_account_and_no_argument_lacks_a_rejection_test() {
            let listed: Vec<&str> = SCRIPTS.iter().map(|(name, _)| *name).collect();
            for name in $crate::roster::group($group) {
                assert!(listed.contains(&name), "{name} has no rejection tests");
            }
            $crate::Guards::completeness(SCRIPTS);
        }
    };
}
