use kzte_client::reserve::StatementFile;
use kzte_client::{
    instruction::{self as ix, *},
    ledger::*,
    *,
};
fn key(n: u8) -> Keypair {
    Keypair::new_from_array([n; 32])
}
fn main() {
    let so = std::fs::read(std::env::args().nth(1).unwrap()).unwrap();
    let up = key(1);
    let mut c = LocalChain::new(&so, &up.pubkey())
        .unwrap()
        .with_options(SendOptions::UNCHECKED);
    let payer = key(2);
    c.fund(&payer.pubkey(), 1_000_000_000_000).unwrap();
    for i in 1..60 {
        c.fund(&key(i).pubkey(), 10_000_000_000).unwrap();
    }
    let mint = key(3);
    let dep = Deployment::of(mint.pubkey());
    let roles = [
        key(10).pubkey(),
        key(11).pubkey(),
        key(12).pubkey(),
        key(13).pubkey(),
        key(14).pubkey(),
        key(15).pubkey(),
    ];
    let verbose = std::env::args().nth(2);
    let show = |n: &str, r: Result<Receipt, ChainError>| match r {
        Ok(r) => {
            println!(
                "{n}: {} cu, {} bytes, events {:?}",
                r.compute_units - 300,
                r.size,
                r.events.iter().map(|e| e.name()).collect::<Vec<_>>()
            );
            if verbose.as_deref() == Some(n) {
                for l in &r.logs {
                    println!("   {l}");
                }
            }
        }
        Err(e) => {
            println!("{n}: ERR {e}");
            for l in e.logs() {
                println!("   {l}");
            }
        }
    };
    let att: Vec<_> = (20..28).map(|i| key(i).pubkey()).collect();
    show(
        "initialize",
        c.send(
            &[ix::initialize(
                &dep,
                payer.pubkey(),
                up.pubkey(),
                MintSource::Create,
                InitializeArgs {
                    roles,
                    attestors: att.clone(),
                    threshold: 2,
                    mandatory: 0b1000_0000,
                    max_statement_age: 86400 * 3,
                    redemption_sla: 86400,
                    name: "Kazakhstan tenge".into(),
                    uri: "https://kzte.example/token.json".into(),
                },
            )],
            &payer,
            &[&up, &mint],
        ),
    );
    let bic: Bic = "ALTNKZKAXXX".parse().unwrap();
    let op = key(30);
    show(
        "register",
        c.send(
            &[ix::register_issuer(
                &dep,
                &Registration {
                    payer: payer.pubkey(),
                    issuer_manager: key(11).pubkey(),
                    bic,
                    admin: key(31).pubkey(),
                    operator: op.pubkey(),
                    limits: IssuerLimits {
                        quota: 1_000_000_000,
                        window_limit: u64::MAX,
                        window_seconds: 86400,
                    },
                },
            )],
            &payer,
            &[&key(11)],
        ),
    );
    let w = key(40);
    c.send(
        &[
            ix::create_associated_token(&dep, payer.pubkey(), w.pubkey()),
            ix::create_associated_token(&dep, payer.pubkey(), op.pubkey()),
        ],
        &payer,
        &[],
    )
    .unwrap();
    let red = dep.redemption(&bic, &w.pubkey(), 7);
    let mk = |i: u32, kind, amount, party: Address| Entry {
        kind,
        index: i,
        amount,
        reference_hash: [i as u8; 32],
        party: party.to_bytes(),
    };
    let entries: Vec<_> = (0..256)
        .map(|i| {
            if i == 5 {
                mk(i, EntryKind::Debit, 1000, red)
            } else if i == 200 {
                mk(i, EntryKind::Credit, 100_000, op.pubkey())
            } else {
                mk(i, EntryKind::Credit, 5_000 + i as u64, w.pubkey())
            }
        })
        .collect();
    let st = StatementFile::new(1, 0, c.now().unwrap() - 10, entries.clone(), [9; 32]).unwrap();
    show(
        "post",
        c.send(
            &[ix::post_statement(&dep, &bic, op.pubkey(), st.args())],
            &op,
            &[],
        ),
    );
    let digest = st.digest(&PROGRAM_ID, &dep.config, &dep.issuer(&bic), 1);
    show(
        "attest1",
        c.send(
            &[ix::attest_statement(&dep, &bic, key(26).pubkey(), 1, digest)],
            &key(26),
            &[],
        ),
    );
    show(
        "attest2",
        c.send(
            &[ix::attest_statement(&dep, &bic, key(27).pubkey(), 1, digest)],
            &key(27),
            &[],
        ),
    );
    let rc = Recipient::of(w.pubkey(), &dep.mint);
    show(
        "mint",
        c.send(
            &[ix::mint(
                &dep,
                &bic,
                op.pubkey(),
                1,
                rc,
                &entries[17],
                &st.proof(17).unwrap(),
            )],
            &op,
            &[],
        ),
    );
    show(
        "mintop",
        c.send(
            &[ix::mint(
                &dep,
                &bic,
                op.pubkey(),
                1,
                Recipient::of(op.pubkey(), &dep.mint),
                &entries[200],
                &st.proof(200).unwrap(),
            )],
            &op,
            &[],
        ),
    );
    for n in [1u32, 2, 3, 4, 5, 6, 7, 8] {
        let s = 8 + n * 8;
        let run: Vec<_> = (s..s + n).map(|i| (rc, entries[i as usize])).collect();
        show(
            &format!("many{n}"),
            c.send(
                &[ix::mint_many(
                    &dep,
                    &bic,
                    op.pubkey(),
                    1,
                    &run,
                    &st.run_proof(s, n).unwrap(),
                )],
                &op,
                &[],
            ),
        );
    }
    show(
        "burn",
        c.send(
            &[ix::burn(
                &dep,
                &bic,
                op.pubkey(),
                dep.token_account(&op.pubkey()),
                5,
                [1; 32],
            )],
            &op,
            &[],
        ),
    );
    show(
        "freeze",
        c.send(
            &[ix::freeze(&dep, key(13).pubkey(), rc.token_account, [1; 32])],
            &key(13),
            &[],
        ),
    );
    show(
        "thaw",
        c.send(
            &[ix::thaw(&dep, key(13).pubkey(), rc.token_account, [1; 32])],
            &key(13),
            &[],
        ),
    );
    show(
        "block",
        c.send(
            &[ix::block_wallet(
                &dep,
                key(13).pubkey(),
                key(50).pubkey(),
                [1; 32],
            )],
            &key(13),
            &[],
        ),
    );
    show(
        "unblock",
        c.send(
            &[ix::unblock_wallet(
                &dep,
                key(13).pubkey(),
                key(50).pubkey(),
                [1; 32],
            )],
            &key(13),
            &[],
        ),
    );
    show(
        "request",
        c.send(
            &[ix::request_redemption(
                &dep,
                &bic,
                w.pubkey(),
                &RedemptionRequest {
                    token_account: rc.token_account,
                    nonce: 7,
                    amount: 1000,
                    payout_hash: [3; 32],
                },
            )],
            &w,
            &[],
        ),
    );
    show(
        "request2",
        c.send(
            &[ix::request_redemption(
                &dep,
                &bic,
                w.pubkey(),
                &RedemptionRequest {
                    token_account: rc.token_account,
                    nonce: 8,
                    amount: 500,
                    payout_hash: [3; 32],
                },
            )],
            &w,
            &[],
        ),
    );
    show(
        "pause",
        c.send(&[ix::pause(&dep, key(12).pubkey(), 7)], &key(12), &[]),
    );
    show(
        "reject",
        c.send(
            &[ix::reject_redemption(
                &dep,
                &bic,
                op.pubkey(),
                &GiveBack {
                    redemption: dep.redemption(&bic, &w.pubkey(), 8),
                    owner: w.pubkey(),
                    destination: rc.token_account,
                },
                3,
            )],
            &op,
            &[],
        ),
    );
    show(
        "resume",
        c.send(&[ix::resume(&dep, key(10).pubkey(), 7)], &key(10), &[]),
    );
    show(
        "settle",
        c.send(
            &[ix::settle_redemption(
                &dep,
                &bic,
                op.pubkey(),
                1,
                w.pubkey(),
                &entries[5],
                &st.proof(5).unwrap(),
            )],
            &op,
            &[],
        ),
    );
    println!("supply {:?}", kzte_client::fetch::mint(&c, &dep).unwrap().supply);
}
