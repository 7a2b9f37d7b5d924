// The page of `opl2 ui` in a real browser: ui.mjs STEP URL [ARGUMENT...]. Ends
// with status 0 when the step holds.
import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { Browser } from './chromium.mjs';

const [, , step, url, ...args] = process.argv;
const LOOKS = [[1400, 900, 'light'], [1400, 900, 'dark'], [400, 800, 'light'],
	[400, 800, 'dark']];
const LIVE = "document.getElementById('live').textContent === 'live'";
const DRAWN = "[...document.querySelectorAll('path.s')]" +
	".some((p) => p.getAttribute('d')?.length > 20)";

const steps = {
	// Without JavaScript the tables are there, and how to see newer ones.
	async plain(p) {
		await p.call('Emulation.setScriptExecutionDisabled', { value: true });
		await p.open(url);
		await p.until("document.querySelectorAll('table').length >= 5", 10000);
		const text = await p.eval('document.body.innerText');
		for (const t of ['Processes', 'Heads', 'Balances on the L1',
			'op-batcher', 'L2 safe', 'drawn by JavaScript', 'reload'])
			assert.ok(text.includes(t), `no ${t}`);
	},

	// It draws and is live, asks nobody else, and breaks no rule of its policy.
	async live(p) {
		await p.open(url);
		await p.until(LIVE, 10000);
		await p.until(DRAWN, 60000);
		const before = await p.eval(
			"document.querySelector('#tables tbody th + td + td').textContent");
		assert.ok(before.length > 0);
		const heads = () => p.eval(
			"document.querySelector('.tiles dd').textContent");
		const first = await heads();
		await p.until(`document.querySelector('.tiles dd').textContent !==
			${JSON.stringify(first)}`, 30000);
		assert.deepEqual(p.requests.filter((r) => !r.startsWith(url)), []);
		assert.deepEqual(p.complaints, []);
		assert.equal(await p.eval("document.querySelectorAll('figure').length"), 6);
	},

	// First paint in less than so many milliseconds, the best of five loads.
	async paint(p) {
		const took = [];
		for (let i = 0; i < 5; i++) {
			await p.open(url);
			await p.until("performance.getEntriesByName(" +
				"'first-contentful-paint').length", 10000);
			took.push(Math.round(await p.eval("performance.getEntriesByName(" +
				"'first-contentful-paint')[0].startTime")));
		}
		console.log(`first paint: ${took.join(', ')} ms`);
		assert.ok(Math.min(...took) < Number(args[0]));
	},

	// axe finds nothing, in any look, and with all that can be opened.
	async axe(p) {
		const axe = fs.readFileSync(args[0], 'utf8');
		for (const look of LOOKS) {
			await p.look(...look);
			await p.open(url);
			await p.until(`${LIVE} && ${DRAWN}`, 60000);
			await p.eval("document.querySelectorAll('details')" +
				'.forEach((d) => { d.open = true; })');
			await p.eval("document.querySelector('#plan button').click()");
			await p.until("document.querySelector('#graph .at')", 10000);
			await p.eval("document.querySelector('#plan button').click()");
			await p.until("document.querySelector('#changes')", 60000);
			await p.eval(axe);
			const found = JSON.parse(await p.eval(`axe.run(document, {
				runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa',
					'wcag22aa', 'best-practice'] }).then((r) =>
				JSON.stringify(r.violations.map((v) => [v.id, v.help,
					v.nodes.map((n) => n.html + n.failureSummary)])))`));
			assert.deepEqual(found, [], `axe at ${look}`);
		}
	},

	// By the keyboard alone: to the tables, and along the time.
	async keys(p) {
		await p.open(url);
		await p.until(`${LIVE} && ${DRAWN}`, 60000);
		const on = () => p.eval("document.activeElement.className + ' ' + " +
			'document.activeElement.id + document.activeElement.name');
		await p.key('Tab', 'Tab', 9);
		assert.match(await on(), /^skip/);
		await p.key('Enter', 'Enter', 13);
		const reached = new Set();
		for (let i = 0; i < 40; i++) {
			reached.add((await on()).split(' ')[0]);
			await p.key('Tab', 'Tab', 9);
		}
		assert.ok(reached.has('wide'), 'tables are reached');
		await p.eval("document.querySelector('.slider').focus()");
		await p.key('ArrowLeft', 'ArrowLeft', 37);
		for (let i = 0; i < 99; i++)
			await p.key('ArrowLeft', 'ArrowLeft', 37);
		await p.until("/^at .* ago$/.test(document.querySelector('.when')" +
			'.textContent)', 5000);
		assert.match(await p.eval("document.querySelector('.slider')" +
			".getAttribute('aria-valuetext')"), /^\d\d:\d\d:\d\d$/);
		await p.key('End', 'End', 35);
		await p.until("document.querySelector('.when').textContent === 'now'",
			5000);
	},

	// Along the arrows of the graph, by the keyboard and by its buttons.
	async graph(p) {
		await p.open(url);
		await p.until(LIVE, 10000);
		await p.eval("document.querySelector('#plan button').click()");
		await p.until("document.querySelector('#graph .at')", 10000);
		const at = () => p.eval("document.querySelector('#node h3').textContent");
		const first = await at();
		await p.key('ArrowLeft', 'ArrowLeft', 37);
		const second = await at();
		assert.notEqual(second, first);
		assert.ok(await p.eval(`[...document.querySelectorAll('#node button')]
			.some((b) => b.textContent === ${JSON.stringify(first)})`));
		await p.eval(`[...document.querySelectorAll('#node button')].find((b) =>
			b.textContent === ${JSON.stringify(first)}).click()`);
		assert.equal(await at(), first);
		assert.deepEqual(p.complaints, []);
		if (args[0])
			await p.screenshot(args[0]);
	},

	// What an apply would do to the resource named by the next argument: a table,
	// and marks in the graph, in which one walks there by the keyboard.
	async plan(p) {
		const [addr, says, picture] = args;
		await p.look(1400, 900, 'light');
		await p.open(url);
		await p.until(LIVE, 10000);
		await p.eval("[...document.querySelectorAll('#plan button')]" +
			".find((b) => b.textContent.includes('apply')).focus()");
		await p.key('Enter', 'Enter', 13);
		await p.until("document.querySelector('#changes table')", 60000);
		assert.match(await p.eval("document.querySelector(" +
			"'#plan [role=status]').textContent"), /^Plan: /);
		const node = `document.querySelector('[data-addr="${addr}"].changes')`;
		assert.equal(await p.eval(`${node}.querySelector('.mark').textContent`),
			'~');
		await p.eval(`document.querySelector('#changes [data-addr="${addr}"] ' +
			'button').focus()`);
		await p.key('Enter', 'Enter', 13);
		const at = () => p.eval("document.querySelector('#node h3').textContent");
		assert.equal(await at(), addr);
		assert.ok((await p.eval("document.querySelector('#node .change')" +
			'.innerText')).includes(says));
		/* Away from it, and back. */
		await p.eval("document.getElementById('graph').focus()");
		await p.key('ArrowLeft', 'ArrowLeft', 37);
		assert.notEqual(await at(), addr);
		assert.deepEqual(p.complaints, []);
		if (picture)
			await p.screenshot(picture, true);
	},

	// A command kills a process, named by the next argument: within five
	// seconds the page says so. What somebody opened and where he is stays.
	async killed(p) {
		const [command, name, picture] = args;
		await p.look(1400, 900, 'light');
		await p.open(url);
		await p.until(`${LIVE} && ${DRAWN} && document.title.startsWith('ok')`,
			120000);
		await p.eval("document.querySelector('.wide').focus()");
		const child = spawn('bash', ['-c', command], { stdio: 'inherit' });
		const took = await p.until(
			`document.querySelector('.verdict.error')?.textContent
				.includes(${JSON.stringify(name)})`, 20000);
		console.log(`shown after ${took} ms`);
		await p.until("document.querySelector('.finding .cure')", 60000);
		assert.equal(await p.eval('document.activeElement.className'), 'wide');
		assert.match(await p.eval('document.title'), /^error/);
		if (picture)
			await p.screenshot(picture, true);
		child.kill();
		assert.ok(took < 5000, `${took} ms`);
		assert.deepEqual(p.complaints, []);
	},

	// When the server is gone, figures are not taken for new ones; when it is
	// back, the page is live again by itself.
	async lost(p) {
		const [stop, start] = args;
		await p.open(url);
		await p.until(LIVE, 10000);
		execFileSync('bash', ['-c', stop]);
		await p.until("/no connection since/.test(" +
			"document.querySelector('#live.lost')?.textContent)", 30000);
		execFileSync('bash', ['-c', start], { stdio: 'ignore' });
		await p.until(LIVE, 30000);
	},

	// A picture of the whole page: FILE WIDTH HEIGHT light|dark.
	async picture(p) {
		await p.look(Number(args[1]), Number(args[2]), args[3]);
		await p.open(url);
		await p.until(`${LIVE} && ${DRAWN}`, 60000);
		await p.screenshot(args[0], true);
	},
};

const browser = await Browser.start(process.env.CHROMIUM ?? 'chromium');
let rc = 0;
try {
	const p = await browser.page();
	await steps[step](p);
} catch (e) {
	console.error(e.message);
	rc = 1;
}
await browser.stop();
process.exit(rc);
