// A wallet that has never heard of KZTE: Solana's kit and the Token-2022 client, as the makers of a wallet use them.
//
//   node wallet.mjs look  --url URL --mint MINT                 the token, and what the wallet holds of it
//   node wallet.mjs pay   --url URL --websocket-url URL --mint MINT --to WALLET --amount TIYN [--unchecked]
//   node wallet.mjs await --url URL --websocket-url URL --mint MINT    until a payment arrives
//
// Its secret key, 64 bytes as a JSON array, comes on standard input. Every answer is a line of JSON, a refusal as well.

import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

import {
    TOKEN_2022_PROGRAM_ADDRESS,
    fetchMint,
    fetchToken,
    findAssociatedTokenPda,
    getCreateAssociatedTokenIdempotentInstructionAsync,
    getToken2022ErrorMessage,
    getTokenDecoder,
    getTransferCheckedInstruction,
    isToken2022Error,
} from '@solana-program/token-2022';
import {
    address,
    appendTransactionMessageInstructions,
    assertIsSendableTransaction,
    assertIsTransactionWithBlockhashLifetime,
    createKeyPairSignerFromBytes,
    createSolanaRpc,
    createSolanaRpcSubscriptions,
    createTransactionMessage,
    estimateAndSetComputeUnitLimitFactory,
    estimateComputeUnitLimitFactory,
    getBase64Encoder,
    getSignatureFromTransaction,
    pipe,
    sendAndConfirmTransactionFactory,
    setTransactionMessageComputeUnitLimit,
    setTransactionMessageFeePayerSigner,
    setTransactionMessageLifetimeUsingBlockhash,
    signTransactionMessageWithSigners,
    unwrapOption,
    unwrapSimulationError,
} from '@solana/kit';

// What a payment takes at most, with a new account for the recipient: for the payment that nobody has tried before.
const ENOUGH_COMPUTE_UNITS = 100_000;

const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
        amount: { type: 'string' },
        mint: { type: 'string' },
        to: { type: 'string' },
        unchecked: { default: false, type: 'boolean' },
        url: { type: 'string' },
        'websocket-url': { type: 'string' },
    },
});

const signer = await createKeyPairSignerFromBytes(new Uint8Array(JSON.parse(await text(process.stdin))));
const mint = address(values.mint);
const rpc = createSolanaRpc(values.url);

function rpcSubscriptions() {
    return createSolanaRpcSubscriptions(values['websocket-url']);
}

async function tokenAccount(owner) {
    const [account] = await findAssociatedTokenPda({ mint, owner, tokenProgram: TOKEN_2022_PROGRAM_ADDRESS });
    return account;
}

function say(answer) {
    // Amounts are larger than a JavaScript number is exact.
    console.log(JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? value.toString() : value)));
}

/** What a wallet shows before anything: it finds its account of the mint by asking for all it owns. */
async function look() {
    const { data: token } = await fetchMint(rpc, mint, { commitment: 'confirmed' });
    const extensions = unwrapOption(token.extensions) ?? [];
    const metadata = extensions.find(extension => extension.__kind === 'TokenMetadata');
    const { value: owned } = await rpc
        .getTokenAccountsByOwner(signer.address, { mint }, { commitment: 'confirmed', encoding: 'jsonParsed' })
        .send();
    say({
        name: metadata?.name,
        symbol: metadata?.symbol,
        decimals: token.decimals,
        extensions: extensions.map(extension => extension.__kind),
        accounts: owned.map(({ pubkey, account }) => ({
            address: pubkey,
            amount: account.data.parsed.info.tokenAmount.amount,
            shown: account.data.parsed.info.tokenAmount.uiAmountString,
            state: account.data.parsed.info.state,
        })),
    });
}

/** Pays, and makes the recipient's account where there is none. */
async function pay() {
    const owner = address(values.to);
    const { data: token } = await fetchMint(rpc, mint, { commitment: 'confirmed' });
    const [source, destination] = await Promise.all([tokenAccount(signer.address), tokenAccount(owner)]);
    const { value: blockhash } = await rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
    const instructions = [
        await getCreateAssociatedTokenIdempotentInstructionAsync({ payer: signer, owner, mint }),
        getTransferCheckedInstruction({
            source,
            mint,
            destination,
            authority: signer,
            amount: BigInt(values.amount),
            decimals: token.decimals,
        }),
    ];
    let message = pipe(
        createTransactionMessage({ version: 0 }),
        empty => setTransactionMessageFeePayerSigner(signer, empty),
        paid => setTransactionMessageLifetimeUsingBlockhash(blockhash, paid),
        alive => appendTransactionMessageInstructions(instructions, alive),
    );
    const estimate = estimateAndSetComputeUnitLimitFactory(estimateComputeUnitLimitFactory({ rpc }));
    try {
        message = values.unchecked
            ? setTransactionMessageComputeUnitLimit(ENOUGH_COMPUTE_UNITS, message)
            : await estimate(message, { commitment: 'confirmed' });
        const transaction = await signTransactionMessageWithSigners(message);
        assertIsSendableTransaction(transaction);
        assertIsTransactionWithBlockhashLifetime(transaction);
        const send = sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions: rpcSubscriptions() });
        await send(transaction, { commitment: 'confirmed', skipPreflight: values.unchecked });
        const { data: left } = await fetchToken(rpc, source, { commitment: 'confirmed' });
        say({ signature: getSignatureFromTransaction(transaction), left: left.amount });
    } catch (error) {
        say({ refused: refusal(error, message) });
        process.exitCode = 1;
    }
}

/** The reason as a wallet can show it: by the token program's own list of errors where that knows it. */
function refusal(error, message) {
    const cause = unwrapSimulationError(error);
    return {
        code: cause.context?.code,
        instruction: cause.context?.index,
        byTokenProgram: isToken2022Error(cause, message),
        message: getToken2022ErrorMessage(cause.context?.code) ?? cause.message,
    };
}

/** Listens to its own account; the first line says that it does. */
async function awaitPayment() {
    const account = await tokenAccount(signer.address);
    const abort = new AbortController();
    const news = await rpcSubscriptions()
        .accountNotifications(account, { commitment: 'confirmed', encoding: 'base64' })
        .subscribe({ abortSignal: abort.signal });
    say({ listening: account });
    for await (const { value } of news) {
        const [data] = value.data;
        say({ holds: getTokenDecoder().decode(getBase64Encoder().encode(data)).amount });
        break;
    }
    abort.abort();
}

const commands = { look, pay, await: awaitPayment };
await commands[positionals[0]]();
