// Makes the compiler of the npm package solc (JavaScript, by emscripten) look
// like the native one to forge: `solc --version` and `solc --standard-json`.
// Arguments: the package's folder, then those of solc.
'use strict';
const fs = require('fs');
const path = require('path');

const [folder, ...args] = process.argv.slice(2);

// soljson installs handlers that turn any rejection into an abort.
function load() {
  const kept = process.listeners('unhandledRejection').slice();
  const solc = require(path.resolve(folder, 'soljson.js'));
  process.removeAllListeners('uncaughtException');
  for (const f of process.listeners('unhandledRejection')) {
    if (!kept.includes(f)) process.removeListener('unhandledRejection', f);
  }
  return solc;
}

function write(text) {
  let rest = Buffer.from(text, 'utf8');
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(1, rest, 0, rest.length));
    } catch (e) {
      if (e.code !== 'EAGAIN') throw e;
    }
  }
}

function version() {
  const raw = load().cwrap('solidity_version', 'string', [])();
  return raw.replace(/\.Emscripten\.clang$/, '.Linux.g++');
}

// The usual call copies the whole input onto a stack of 5 MB, at four bytes a
// character: put the input on the heap and give the compiler a larger stack.
function compile(input) {
  const solc = load();
  const alloc = solc._solidity_alloc || solc._malloc;
  const size = 256 << 20;
  if (solc.stackRestore && solc._malloc) {
    const stack = solc._malloc(size);
    if (!stack) throw new Error('no memory for a stack');
    solc.stackRestore((stack + size) & ~15);
  }
  const at = alloc(input.length + 1) >>> 0;
  solc.HEAPU8.set(input, at);
  solc.HEAPU8[at + input.length] = 0;
  const out = solc._solidity_compile(at, 0, 0) >>> 0;
  let end = out;
  while (solc.HEAPU8[end] !== 0) end++;
  return Buffer.from(solc.HEAPU8.subarray(out, end)).toString('utf8');
}

if (args.includes('--version') || args.includes('-V')) {
  write('solc, the solidity compiler commandline interface\n' +
        `Version: ${version()}\n`);
} else if (args.includes('--standard-json')) {
  write(compile(fs.readFileSync(0)));
} else {
  process.stderr.write(`solc.js: cannot do ${args.join(' ')}\n`);
  process.exit(1);
}
// The compiler leaves handles open.
process.exit(0);
