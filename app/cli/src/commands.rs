//! From arguments to the functions that act, over whichever chain is given.

use std::path::{Path, PathBuf};

use kzte_client::{Bic, Chain, Deployment, Keypair, Signer, amount::format_tenge, fetch};
use kzte_migrations::{DeploymentFile, command as migrations};
use serde::Serialize;

use crate::{
    answer::{self, Answer},
    args::{
        Arguments, Birth, Command, Function, IssuerCommand, OfAccount, OfCase, OfEntries, OrderCommand,
        Redemption, RoleCommand, Show, Statement,
    },
    bundle::{self, Loaded},
    failure::{Failure, Result},
    import,
    journal::Journal,
    keys::{Hand, ReferenceKey, read_keypair, text_hash},
    ops::{
        Step, compliance, governance, interbank, issuance, issuers, orders, oversight, present, redemption,
        reserves, roles, show, tokens,
    },
    progress::Bar,
    settings::Settings,
    text::Moment,
    watch,
};

/// What a command may need beside its own arguments. What it does not need may be missing.
pub struct Office<'a> {
    pub chain: &'a mut dyn Chain,
    /// Where the chain is; `None`: in this process.
    pub url: Option<String>,
    pub deployment: Result<Deployment>,
    pub key: Result<Keypair>,
    pub payer: Option<Keypair>,
    pub journal: Result<Journal>,
}

impl Office<'_> {
    fn deployment(&self) -> Result<Deployment> {
        self.deployment.clone()
    }

    fn key(&self) -> Result<Keypair> {
        self.key
            .as_ref()
            .map(Keypair::insecure_clone)
            .map_err(Clone::clone)
    }

    fn journal(&self) -> Result<Journal> {
        self.journal.clone()
    }
}

/// Carries a command line out.
pub fn run(arguments: &Arguments) -> Result<Answer> {
    let global = &arguments.global;
    let settings = Settings::of(global)?;
    // Without an explicit chain an import is done off line.
    if let Command::Statement(Statement::Import {
        file,
        key_file,
        out,
        issuer,
        number,
    }) = &arguments.command
        && (number.is_some() || global.url.is_none())
    {
        let first = number.ok_or_else(|| {
            Failure::usage(
                "the number of the statement is not known",
                "Give --number, or --url, --mint and --issuer to continue the bank's statements on the chain.",
            )
        })?;
        return import_file(file, key_file, out, issuer.as_ref(), first);
    }
    if let Command::Watch {
        websocket,
        from_start,
    } = &arguments.command
    {
        let websocket = match websocket {
            Some(url) => url.clone(),
            None => watch::websocket_url(&settings.url()?)?,
        };
        let deployment = settings.deployment()?;
        watch::watch(
            &settings.node()?,
            &deployment,
            &websocket,
            *from_start,
            global.output,
        )?;
        return Answer::of(&serde_json::Value::Null, String::new());
    }
    let mut node = settings.node()?;
    let mut office = Office {
        chain: &mut node,
        url: Some(settings.url()?),
        deployment: settings.deployment(),
        key: settings.key(),
        payer: settings.fee_payer()?,
        journal: settings.journal(),
    };
    on_chain(&arguments.command, &mut office)
}

/// Carries a command out on a chain.
pub fn on_chain(command: &Command, office: &mut Office) -> Result<Answer> {
    match command {
        Command::Statement(Statement::Import {
            file,
            key_file,
            out,
            issuer,
            number,
        }) => {
            let first = match number {
                Some(number) => *number,
                None => match next_number(office, file, key_file, issuer.as_ref())? {
                    Continue::At(number) => number,
                    Continue::OnChain(step) => return Answer::steps(vec![*step]),
                },
            };
            import_file(file, key_file, out, issuer.as_ref(), first)
        }
        Command::Show(show) => look(show, office),
        Command::Balance { address } => {
            let deployment = office.deployment()?;
            let address = match address {
                Some(address) => *address,
                None => office.key()?.pubkey(),
            };
            answer::balance(&show::balance(office.chain, &deployment, &address)?)
        }
        Command::Order(OrderCommand::Show { case }) => look(&Show::Order(case.clone()), office),
        Command::CheckInvariants { banks, description } => {
            check_invariants(banks, description.as_deref(), office)
        }
        Command::Watch { .. } => Err(Failure::usage(
            "only a node tells news",
            "Watch a chain behind a node: --url.",
        )),
        Command::Novate { .. } => novate(command, office).and_then(Answer::steps),
        Command::Migrate(command) => {
            Ok(migrations::run(command, office.chain, office.url.as_deref())?.into())
        }
        acting => act(acting, office).and_then(Answer::steps),
    }
}

/// Commands that sign.
fn act(command: &Command, office: &mut Office) -> Result<Vec<Step>> {
    let dep = &office.deployment()?;
    let key = office.key()?;
    let payer = office.payer.as_ref().map(Keypair::insecure_clone);
    let hand = &Hand {
        key: &key,
        payer: payer.as_ref().unwrap_or(&key),
    };
    let journal = office.journal();
    let chain = &mut *office.chain;
    let one = |step: Step| Ok(vec![step]);
    match command {
        Command::Statement(Statement::Post { bundle, bank }) => {
            let loaded = load(bundle, &bank.issuer)?;
            one(reserves::post(chain, dep, hand, &bank.issuer, &loaded.statement)?)
        }
        Command::Statement(Statement::Attest {
            file,
            key_file,
            statement,
        }) => {
            let mut imports = import::read_file(file, &ReferenceKey::read(key_file)?, 1)?;
            for import in &imports {
                import::check_bank(import, &statement.issuer)?;
            }
            let import = reserves::pick(chain, dep, &statement.issuer, statement.number, &mut imports)?;
            one(reserves::attest(
                chain,
                dep,
                hand,
                &statement.issuer,
                &import.statement,
            )?)
        }
        Command::Statement(Statement::Withdraw(of)) => {
            one(reserves::withdraw(chain, dep, hand, &of.issuer, of.number)?)
        }
        Command::Statement(Statement::Close(of)) => {
            one(reserves::close(chain, dep, hand, &of.issuer, of.number)?)
        }
        Command::Mint(OfEntries { bundle, bank, which }) => {
            let file = load(bundle, &bank.issuer)?.statement;
            match which.entry {
                Some(index) => one(issuance::mint_entry(
                    chain,
                    dep,
                    hand,
                    &bank.issuer,
                    &file,
                    index,
                )?),
                None => {
                    let mut bar = Bar::new("minting");
                    issuance::mint_all(chain, dep, hand, &bank.issuer, &file, &mut |done, all| {
                        bar.at(done, all)
                    })
                }
            }
        }
        Command::Settle(OfEntries { bundle, bank, which }) => {
            let file = load(bundle, &bank.issuer)?.statement;
            match which.entry {
                Some(index) => one(redemption::settle_entry(
                    chain,
                    dep,
                    hand,
                    &bank.issuer,
                    &file,
                    index,
                )?),
                None => {
                    let mut bar = Bar::new("settling");
                    redemption::settle_all(chain, dep, hand, &bank.issuer, &file, &mut |done, all| {
                        bar.at(done, all)
                    })
                }
            }
        }
        Command::Transfer {
            wallet,
            amount,
            reference,
        } => one(tokens::transfer(
            chain, &journal?, dep, hand, wallet, *amount, reference,
        )?),
        Command::Burn {
            amount,
            bank,
            reference,
            key_file,
        } => {
            let burn = tokens::Burn {
                issuer: &bank.issuer,
                amount: *amount,
                reference,
                reference_hash: hashed(key_file.as_deref(), reference)?,
            };
            one(tokens::burn(chain, &journal?, dep, hand, &burn)?)
        }
        Command::Freeze(of) => one(compliance::freeze(chain, dep, hand, &of.address, reason(of)?)?),
        Command::Thaw(of) => one(compliance::thaw(chain, dep, hand, &of.address, reason(of)?)?),
        Command::Block(of) => one(compliance::block(chain, dep, hand, &of.address, reason(of)?)?),
        Command::Unblock(of) => one(compliance::unblock(chain, dep, hand, &of.address, reason(of)?)?),
        Command::Redeem {
            amount,
            bank,
            account,
            end_to_end_id,
            key_file,
        } => {
            let key = ReferenceKey::read(key_file)?;
            let request = redemption::Request {
                issuer: &bank.issuer,
                amount: *amount,
                account,
                end_to_end_id,
                key: &key,
            };
            one(redemption::request(chain, dep, hand, &request)?)
        }
        Command::Redemption(Redemption::Cancel { redemption, bank }) => {
            one(redemption::cancel(chain, dep, hand, &bank.issuer, redemption)?)
        }
        Command::Redemption(Redemption::Reject {
            redemption,
            bank,
            reason,
        }) => one(redemption::reject(
            chain,
            dep,
            hand,
            &bank.issuer,
            redemption,
            *reason,
        )?),
        Command::Pause(of) => one(governance::pause(
            chain,
            dep,
            hand,
            Function::flags(&of.functions),
        )?),
        Command::Resume(of) => one(governance::resume(
            chain,
            dep,
            hand,
            Function::flags(&of.functions),
        )?),
        Command::Role(role) => {
            let (RoleCommand::Nominate { title, .. }
            | RoleCommand::Accept { title }
            | RoleCommand::Cancel { title }) = role;
            let title = title.title().map_err(|fact| {
                Failure::usage(
                    fact,
                    "Give --issuer for a bank's admin and operator, and for no other role.",
                )
            })?;
            one(match role {
                RoleCommand::Nominate { nominee, .. } => roles::nominate(chain, dep, hand, &title, nominee)?,
                RoleCommand::Accept { .. } => roles::accept(chain, dep, hand, &title)?,
                RoleCommand::Cancel { .. } => roles::cancel(chain, dep, hand, &title)?,
            })
        }
        Command::Attestors {
            seats,
            mandatory,
            threshold,
        } => one(governance::set_attestors(
            chain, dep, hand, seats, mandatory, *threshold,
        )?),
        Command::Issuer(command) => {
            let (turn, of) = match command {
                IssuerCommand::Suspend(of) => (issuers::Turn::Suspend, of),
                IssuerCommand::Reactivate(of) => (issuers::Turn::Reactivate, of),
                IssuerCommand::WindDown(of) => (issuers::Turn::WindDown, of),
                IssuerCommand::Close(of) => (issuers::Turn::Close, of),
                IssuerCommand::Limits(of) => {
                    let window_limit = if of.no_window_limit {
                        Some(u64::MAX)
                    } else {
                        of.window_limit
                    };
                    let change = issuers::Limits {
                        quota: of.quota,
                        window_limit,
                        window_seconds: of.window,
                    };
                    return one(issuers::configure(chain, dep, hand, &of.bic, &change)?);
                }
            };
            let reason = hashed(of.key_file.as_deref(), &of.reason)?;
            one(issuers::turn(chain, dep, hand, &of.bic, turn, reason)?)
        }
        Command::Policy(of) => one(governance::set_policy(
            chain,
            dep,
            hand,
            of.max_statement_age,
            of.redemption_term,
        )?),
        Command::DefaultAccountState { state } => one(governance::set_default_account_state(
            chain,
            dep,
            hand,
            *state == Birth::Frozen,
        )?),
        Command::Metadata { field, value } => one(governance::update_metadata(
            chain,
            dep,
            hand,
            field.field(),
            value,
        )?),
        Command::Admit {
            address,
            bank,
            reference,
            key_file,
        } => {
            let reference = hashed(key_file.as_deref(), reference)?;
            one(compliance::admit(
                chain,
                dep,
                hand,
                &bank.issuer,
                address,
                reference,
            )?)
        }
        Command::FlagOverdue(of) => match &of.redemption {
            Some(redemption) => one(redemption::flag(chain, dep, hand, redemption)?),
            None => {
                let banks = match of.issuer {
                    Some(bic) => vec![bic],
                    None => oversight::banks(chain, dep)?,
                };
                redemption::flag_all(chain, dep, hand, &banks)
            }
        },
        Command::Order(OrderCommand::Open {
            case,
            from,
            to,
            cap,
            expires,
        }) => {
            let terms = orders::Terms {
                case_hash: case_hash(case)?,
                subject: from,
                destination: to,
                cap: *cap,
                expires_at: *expires,
            };
            one(orders::open(chain, dep, hand, &terms)?)
        }
        Command::Order(OrderCommand::Execute {
            amount,
            case,
            reference,
        }) => {
            let execution = orders::Execution {
                case_hash: case_hash(case)?,
                amount: *amount,
                reference,
            };
            one(orders::execute(chain, &journal?, dep, hand, &execution)?)
        }
        Command::Order(OrderCommand::Close { case }) => {
            one(orders::close(chain, dep, hand, &case_hash(case)?)?)
        }
        Command::Statement(Statement::Import { .. })
        | Command::Balance { .. }
        | Command::Order(OrderCommand::Show { .. })
        | Command::CheckInvariants { .. }
        | Command::Novate { .. }
        | Command::Watch { .. }
        | Command::Show(_)
        | Command::Migrate(_) => Ok(Vec::new()),
    }
}

/// A novation has two keys, of which the acting one may be one; so it does without where both are given.
fn novate(command: &Command, office: &mut Office) -> Result<Vec<Step>> {
    let Command::Novate {
        amount,
        from,
        to,
        from_key,
        to_key,
        reference,
        key_file,
    } = command
    else {
        return Ok(Vec::new());
    };
    let deployment = office.deployment()?;
    let journal = office.journal()?;
    let giver = from_key.as_deref().map(read_keypair).transpose()?;
    let taker = to_key.as_deref().map(read_keypair).transpose()?;
    let acting = match (&giver, &taker) {
        (Some(_), Some(_)) => office.key().ok(),
        _ => Some(office.key()?),
    };
    let payer = office.payer.as_ref().or(acting.as_ref()).or(giver.as_ref());
    let payer = payer.ok_or_else(|| Failure::usage("no key is named", "Pass --keypair FILE."))?;
    let keys = interbank::Keys {
        giver: giver.as_ref(),
        taker: taker.as_ref(),
        acting: acting.as_ref(),
        payer,
    };
    let novation = interbank::Novation {
        giver: from,
        taker: to,
        amount: *amount,
        reference,
        reference_hash: hashed(key_file.as_deref(), reference)?,
    };
    Ok(vec![interbank::novate(
        office.chain,
        &journal,
        &deployment,
        &keys,
        &novation,
    )?])
}

/// Over the banks named, those of a description, or all that the chain remembers.
fn check_invariants(banks: &[Bic], description: Option<&Path>, office: &mut Office) -> Result<Answer> {
    let deployment = office.deployment()?;
    let key = office.key()?;
    let hand = Hand {
        key: &key,
        payer: office.payer.as_ref().unwrap_or(&key),
    };
    let banks = match description {
        Some(path) => DeploymentFile::read(path)?
            .description
            .issuers
            .iter()
            .map(|issuer| issuer.bic)
            .collect(),
        None if banks.is_empty() => oversight::banks(office.chain, &deployment)?,
        None => banks.to_vec(),
    };
    answer::check(&oversight::check(office.chain, &deployment, &hand, &banks)?)
}

fn case_hash(of: &OfCase) -> Result<[u8; 32]> {
    match (&of.named.case, of.named.case_hash) {
        (Some(case), _) => hashed(of.key_file.as_deref(), case),
        (None, Some(hash)) => Ok(hash),
        (None, None) => Err(Failure::usage("no case is named", "Give --case or --case-hash.")),
    }
}

fn load(path: &Path, issuer: &Bic) -> Result<Loaded> {
    let loaded = bundle::read(path)?;
    loaded.check_bank(issuer)?;
    Ok(loaded)
}

fn reason(of: &OfAccount) -> Result<[u8; 32]> {
    hashed(of.key_file.as_deref(), &of.reason)
}

fn hashed(key_file: Option<&Path>, text: &str) -> Result<[u8; 32]> {
    let key = key_file.map(ReferenceKey::read).transpose()?;
    Ok(text_hash(key.as_ref(), text))
}

/// Where the numbers of an import begin.
enum Continue {
    At(u64),
    /// The file's last statement is effective already.
    OnChain(Box<Step>),
}

/// The number behind the bank's last effective statement, if the file continues it.
fn next_number(office: &mut Office, file: &Path, key_file: &Path, issuer: Option<&Bic>) -> Result<Continue> {
    let bic = issuer.ok_or_else(|| {
        Failure::usage(
            "the bank is not named",
            "Give --issuer to continue its statements, or --number.",
        )
    })?;
    let deployment = office.deployment()?;
    let head = present(fetch::issuer(office.chain, &deployment, bic))?.ok_or_else(|| {
        Failure::mismatch(
            format!("the bank {bic} is not registered in this deployment"),
            "Check --issuer and --mint.",
        )
    })?;
    let imports = import::read_file(file, &ReferenceKey::read(key_file)?, 1)?;
    let (Some(first), Some(last)) = (imports.first(), imports.last()) else {
        return Err(Failure::input(
            "the file holds no statement",
            "Fetch it from the bank again.",
        ));
    };
    let number = head.statement_number;
    if head.closing_balance == last.statement.totals.closing
        && head.statement_as_of == last.statement.totals.as_of
    {
        let note = format!(
            "this file's last statement is effective as number {number} of {bic}; nothing was written"
        );
        return Ok(Continue::OnChain(Box::new(
            Step::already("import", note).of(head.closing_balance),
        )));
    }
    if head.closing_balance != first.statement.totals.opening {
        return Err(Failure::mismatch(
            format!(
                "the file opens with {}, but statement {number} of {bic} closed with {}",
                format_tenge(first.statement.totals.opening),
                format_tenge(head.closing_balance)
            ),
            "Import the bank's statements in order, without gaps.",
        ));
    }
    number
        .checked_add(1)
        .map(Continue::At)
        .ok_or_else(|| Failure::usage("there is no number left", ""))
}

/// One imported statement, as it is answered.
#[derive(Serialize)]
struct Imported {
    number: u64,
    bank_statement: String,
    part: u32,
    parts: u32,
    account: String,
    entries: u32,
    with_party: u32,
    /// Tiyn, as all amounts.
    opening: u64,
    credit_total: u64,
    debit_total: u64,
    closing: u64,
    as_of: i64,
    entries_root: String,
    source_hash: String,
    bundle: PathBuf,
    references: PathBuf,
    unchanged: bool,
}

fn import_file(file: &Path, key_file: &Path, out: &Path, issuer: Option<&Bic>, first: u64) -> Result<Answer> {
    if first == 0 {
        return Err(Failure::usage(
            "there is no statement 0",
            "A bank's first statement has the number 1.",
        ));
    }
    let imports = import::read_file(file, &ReferenceKey::read(key_file)?, first)?;
    if let Some(issuer) = issuer {
        // Before the first file is written: a file gives all of its statements or none.
        imports
            .iter()
            .try_for_each(|import| import::check_bank(import, issuer))?;
    }
    let mut answers = Vec::with_capacity(imports.len());
    for import in imports {
        let written = bundle::write(out, &import)?;
        let (totals, source) = (import.statement.totals, import.source);
        answers.push(Imported {
            number: totals.number,
            bank_statement: source.id,
            part: source.part.0,
            parts: source.part.1,
            account: source.account,
            entries: totals.entry_count,
            with_party: totals.actionable_count,
            opening: totals.opening,
            credit_total: totals.credit_total,
            debit_total: totals.debit_total,
            closing: totals.closing,
            as_of: totals.as_of,
            entries_root: hex::encode(import.statement.entries_root),
            source_hash: hex::encode(import.statement.source_hash),
            bundle: written.bundle,
            references: written.references,
            unchanged: written.unchanged,
        });
    }
    let rows = answers.iter().map(|one| {
        let part = if one.parts > 1 {
            format!(" part {} of {}", one.part, one.parts)
        } else {
            String::new()
        };
        vec![
            one.number.to_string(),
            format!("{}{part}", one.bank_statement),
            one.entries.to_string(),
            one.with_party.to_string(),
            format_tenge(one.opening),
            format_tenge(one.credit_total),
            format_tenge(one.debit_total),
            format_tenge(one.closing),
            Moment(one.as_of).to_string(),
        ]
    });
    let header = [
        "number",
        "bank's statement",
        "entries",
        "with party",
        "opening",
        "credits",
        "debits",
        "closing",
        "as of",
    ];
    let mut text = answer::table(&header, rows.collect(), &[0, 2, 3, 4, 5, 6, 7]);
    for one in &answers {
        let state = if one.unchanged {
            "was there already"
        } else {
            "written"
        };
        text.push_str(&format!(
            "\n{} {state}; plain references in {}",
            one.bundle.display(),
            one.references.display()
        ));
    }
    Answer::of(&serde_json::json!({ "statements": answers }), text)
}

fn look(show: &Show, office: &mut Office) -> Result<Answer> {
    let chain = &*office.chain;
    if let Show::Redemption { redemption } = show {
        return answer::redemption(&show::redemption_view(chain, redemption)?);
    }
    let deployment = office.deployment()?;
    let chain = &*office.chain;
    match show {
        Show::Config => answer::config(&show::config(chain, &deployment)?),
        Show::Issuer { bic } => answer::issuer(&show::issuer_view(chain, &deployment, bic)?),
        Show::Statement { bic, number, bundle } => {
            let loaded = bundle.as_deref().map(|path| load(path, bic)).transpose()?;
            if let Some(loaded) = &loaded
                && loaded.statement.totals.number != *number
            {
                return Err(Failure::usage(
                    format!(
                        "the bundle is of statement {}, not of {number}",
                        loaded.statement.totals.number
                    ),
                    "Give the bundle of that statement.",
                ));
            }
            let file = loaded.as_ref().map(|loaded| &loaded.statement);
            answer::statement(&show::statement(chain, &deployment, bic, *number, file)?)
        }
        Show::Redemption { redemption } => answer::redemption(&show::redemption_view(chain, redemption)?),
        Show::Redemptions { bic } => answer::redemptions(&show::redemptions(chain, &deployment, bic)?),
        Show::Order(case) => answer::order(&show::order(chain, &deployment, &case_hash(case)?)?),
        Show::Orders => answer::orders(&show::all_orders(chain, &deployment)?),
    }
}
