'use strict';
/*
 * Lets the JavaScript build of solc, as npm's package solc has it, stand in
 * for the native compiler: forge starts a program with --version or
 * --standard-json and knows no other.
 *
 * usage: node solc.js FOLDER_OF_THE_PACKAGE --version | --standard-json ...
 *
 * The compiler is a WebAssembly module with a small stack of its own, onto
 * which its official entry copies the whole input. Real projects overflow it.
 * Here the input goes to the heap, and the stack is moved to a large block of
 * the heap before the call.
 */
const fs = require('fs');
const path = require('path');

const STACK_BYTES = 256 * 1024 * 1024;
const [folder, ...args] = process.argv.slice(2);
const versionFile = path.join(__dirname, 'version.txt');

function die(text) {
	process.stderr.write('solc: ' + text + '\n');
	process.exit(1);
}

/* The module hooks the process's error events; ours stay as they are. */
function loadCompiler() {
	const events = ['uncaughtException', 'unhandledRejection'];
	const before = events.map((name) => new Set(process.listeners(name)));
	const compiler = require(path.join(folder, 'soljson.js'));

	events.forEach((name, i) => {
		for (const listener of process.listeners(name))
			if (!before[i].has(listener))
				process.removeListener(name, listener);
	});
	return compiler;
}

/* Loading takes a second, and forge asks often: the answer is kept, when the
 * folder of this file can be written. */
function version() {
	try {
		return fs.readFileSync(versionFile, 'utf8');
	} catch (e) {
		if (e.code !== 'ENOENT')
			throw e;
	}
	const text = loadCompiler()
		.cwrap('solidity_version', 'string', [])()
		.replace(/\.Emscripten\.clang$/, '.Linux.g++');
	try {
		fs.writeFileSync(versionFile, text);
	} catch (e) {
		/* It is only slower the next time. */
	}
	return text;
}

function compile(input) {
	const c = loadCompiler();
	const allocate = c._solidity_alloc || c._malloc;

	if (c.stackRestore && c._malloc) {
		const block = c._malloc(STACK_BYTES) >>> 0;
		if (!block)
			die('no memory for the stack of the compiler');
		c.stackRestore((block + STACK_BYTES - 16) & ~15);
	}
	const at = allocate(input.length + 1) >>> 0;
	c.HEAPU8.set(input, at);
	c.HEAPU8[at + input.length] = 0;
	const start = c._solidity_compile(at, 0, 0) >>> 0;
	return c.HEAPU8.subarray(start, c.HEAPU8.indexOf(0, start));
}

/* A pipe may be non-blocking; nothing may be lost when the process exits. */
function writeAll(bytes) {
	for (let done = 0; done < bytes.length;) {
		try {
			done += fs.writeSync(1, bytes, done);
		} catch (e) {
			if (e.code !== 'EAGAIN')
				throw e;
		}
	}
}

if (!folder)
	die('the folder of the package is missing');
if (args.includes('--version') || args.includes('-V'))
	writeAll(Buffer.from('solc, the solidity compiler commandline ' +
		'interface\nVersion: ' + version() + '\n'));
else if (args.includes('--standard-json'))
	writeAll(compile(fs.readFileSync(0)));
else
	die('only --version and --standard-json are known: ' + args.join(' '));
process.exit(0);
