// Writes program_metadata.json: addresses, instructions and accounts of the Program Metadata program, made by its official
// client. In a folder outside the repository:
//   npm install @solana-program/program-metadata@0.7.0 @solana/kit@6
//   cp REPOSITORY/migrations/tests/vectors/program_metadata.mjs . && node program_metadata.mjs > program_metadata.json
import * as metadata from '@solana-program/program-metadata';
import { address, createNoopSigner, getAddressDecoder, getProgramDerivedAddress, getAddressEncoder } from '@solana/kit';

const key = byte => getAddressDecoder().decode(new Uint8Array(32).fill(byte));
const hex = bytes => Buffer.from(bytes).toString('hex');
const program = key(1);
const authority = createNoopSigner(key(2));
const payer = key(3);
const loader = address('BPFLoaderUpgradeab1e11111111111111111111111');
const [programData] = await getProgramDerivedAddress({ programAddress: loader, seeds: [getAddressEncoder().encode(program)] });
const target = { program, programData };
const [buffer, account, source] = [key(4), key(5), key(6)];
const kind = { encoding: 1, compression: 2, format: 1 };
const data = new Uint8Array([9, 8, 7, 6, 5]);

const instructions = {
    allocate: metadata.getAllocateInstruction({ buffer, authority, ...target, seed: 'idl' }),
    allocate_non_canonical: metadata.getAllocateInstruction({ buffer, authority, program, seed: '0123456789abcdef' }),
    extend: metadata.getExtendInstruction({ account, authority, ...target, length: 10240 }),
    write: metadata.getWriteInstruction({ buffer, authority, offset: 960, data }),
    copy: metadata.getWriteInstruction({ buffer, authority, sourceBuffer: source, offset: 0 }),
    initialize: metadata.getInitializeInstruction({ metadata: account, authority, ...target, seed: 'security', ...kind, dataSource: 0, data }),
    initialize_from_buffer: metadata.getInitializeInstruction({
        metadata: account, authority, ...target, system: metadata.PROGRAM_METADATA_PROGRAM_ADDRESS, seed: 'idl', ...kind, dataSource: 0,
    }),
    set_data: metadata.getSetDataInstruction({ metadata: account, authority, ...target, ...kind, dataSource: 0, data }),
    set_data_from_buffer: metadata.getSetDataInstruction({ metadata: account, authority, buffer: source, ...target, ...kind, dataSource: 0 }),
    set_authority: metadata.getSetAuthorityInstruction({ account, authority, ...target, newAuthority: payer }),
    set_authority_non_canonical: metadata.getSetAuthorityInstruction({ account, authority, program, newAuthority: payer }),
    close: metadata.getCloseInstruction({ account, authority, ...target, destination: payer }),
    close_non_canonical: metadata.getCloseInstruction({ account, authority, program, destination: payer }),
};
const written = ({ programAddress, accounts, data }) => ({
    program: programAddress,
    // Roles: bit 0 writable, bit 1 signer.
    accounts: accounts.map(({ address, role }) => ({ address, signer: (role & 2) !== 0, writable: (role & 1) !== 0 })),
    data: hex(data),
});
const pda = async (authority, seed) => (await metadata.findMetadataPda({ program, authority, seed }))[0];
const text = JSON.stringify({ address: program, metadata: { name: 'kzte', version: '0.1.0' }, instructions: [] });
const packed = metadata.packDirectData({ content: text, ...kind });
const none = { __option: 'None' };
const some = value => ({ __option: 'Some', value });

console.log(JSON.stringify({
    client: '@solana-program/program-metadata 0.7.0',
    program, authority: authority.address, payer, program_data: programData, buffer, account, source, data: hex(data),
    addresses: {
        canonical_idl: await pda(null, 'idl'),
        canonical_security: await pda(null, 'security'),
        non_canonical: await pda(payer, '0123456789abcdef'),
    },
    instructions: Object.fromEntries(Object.entries(instructions).map(([name, value]) => [name, written(value)])),
    text,
    accounts: {
        metadata: hex(metadata.getMetadataEncoder().encode({
            program, authority: none, mutable: true, canonical: true, seed: 'idl', ...kind, dataSource: packed.dataSource,
            dataLength: packed.data.length, data: packed.data,
        })),
        buffer: hex(metadata.getBufferEncoder().encode({
            program: some(program), authority: some(authority.address), canonical: false, seed: '0123456789abcdef', data,
        })),
    },
}, null, 2));
