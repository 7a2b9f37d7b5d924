// A headless Chromium, spoken to by its DevTools protocol over pipes: no
// package is needed for that.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export class Browser {
	static async start(program) {
		const b = new Browser();
		b.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'opl2-chromium.'));
		b.child = spawn(program, ['--headless=new', '--no-sandbox',
			'--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
			'--disable-background-networking', '--hide-scrollbars',
			'--force-color-profile=srgb', '--remote-debugging-pipe',
			`--user-data-dir=${b.dir}`, 'about:blank'],
		{ stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
		b.next = 1;
		b.waiting = new Map();
		b.listeners = [];
		b.ended = new Promise((done) => b.child.on('exit', done));
		b.child.on('exit', () => {
			for (const w of b.waiting.values())
				w.reject(new Error('the browser has ended'));
		});
		let text = '';
		b.child.stdio[4].setEncoding('utf8');
		b.child.stdio[4].on('data', (more) => {
			const parts = (text + more).split('\0');
			text = parts.pop();
			parts.forEach((p) => b.take(JSON.parse(p)));
		});
		b.child.stdio[3].on('error', () => {});
		return b;
	}

	take(m) {
		if (!m.id) {
			this.listeners.forEach((l) => l(m));
			return;
		}
		const w = this.waiting.get(m.id);
		this.waiting.delete(m.id);
		if (m.error)
			w.reject(new Error(`${w.method}: ${m.error.message}`));
		else
			w.resolve(m.result);
	}

	call(method, params = {}, sessionId = undefined) {
		const id = this.next++;
		const answer = new Promise((resolve, reject) =>
			this.waiting.set(id, { method, resolve, reject }));
		this.child.stdio[3].write(
			JSON.stringify({ id, method, params, sessionId }) + '\0');
		return answer;
	}

	async page() {
		const { targetId } = await this.call('Target.createTarget',
			{ url: 'about:blank' });
		const { sessionId } = await this.call('Target.attachToTarget',
			{ targetId, flatten: true });
		const p = new Page(this, sessionId);
		await Promise.all(['Page', 'Runtime', 'Log', 'Network']
			.map((d) => p.call(`${d}.enable`)));
		return p;
	}

	async stop() {
		this.call('Browser.close').catch(() => {});
		await this.ended;
		fs.rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
	}
}

class Page {
	constructor(browser, session) {
		this.browser = browser;
		this.session = session;
		this.complaints = []; /* of the browser: errors, what a policy blocked */
		this.requests = [];
		browser.listeners.push((m) => {
			if (m.sessionId === session)
				this.notice(m.method, m.params);
		});
	}

	notice(method, p) {
		if (method === 'Runtime.exceptionThrown')
			this.complaints.push(p.exceptionDetails.exception?.description ??
				p.exceptionDetails.text);
		if (method === 'Log.entryAdded' && p.entry.level === 'error')
			this.complaints.push(`${p.entry.text} ${p.entry.url ?? ''}`);
		if (method === 'Network.requestWillBeSent')
			this.requests.push(p.request.url);
	}

	call(method, params) {
		return this.browser.call(method, params, this.session);
	}

	look(width, height, scheme) {
		return Promise.all([
			this.call('Emulation.setDeviceMetricsOverride',
				{ width, height, deviceScaleFactor: 1, mobile: false }),
			this.call('Emulation.setEmulatedMedia', { features:
				[{ name: 'prefers-color-scheme', value: scheme }] }),
		]);
	}

	open(url) {
		return this.call('Page.navigate', { url });
	}

	async eval(expression) {
		const r = await this.call('Runtime.evaluate',
			{ expression, awaitPromise: true, returnByValue: true });
		if (r.exceptionDetails)
			throw new Error(r.exceptionDetails.exception?.description ??
				r.exceptionDetails.text);
		return r.result.value;
	}

	// Milliseconds until the expression is true.
	async until(expression, ms) {
		const began = Date.now();
		for (;;) {
			if (await this.eval(`!!(${expression})`).catch(() => false))
				return Date.now() - began;
			if (Date.now() - began > ms)
				throw new Error(`not within ${ms} ms: ${expression}`);
			await new Promise((r) => setTimeout(r, 50));
		}
	}

	key(key, code = key, windowsVirtualKeyCode = 0) {
		const k = { key, code, windowsVirtualKeyCode };
		/* A button is pressed by the letter alone. */
		if (key === 'Enter')
			k.text = '\r';
		return this.call('Input.dispatchKeyEvent', { type: 'keyDown', ...k })
			.then(() => this.call('Input.dispatchKeyEvent',
				{ type: 'keyUp', ...k }));
	}

	// The whole page, or what is seen of it.
	async screenshot(file, whole = false) {
		const clip = whole ? await this.eval(`({ x: 0, y: 0, scale: 1,
			width: innerWidth,
			height: document.documentElement.scrollHeight })`) : undefined;
		const { data } = await this.call('Page.captureScreenshot',
			{ format: 'png', clip, captureBeyondViewport: whole });
		fs.writeFileSync(file, Buffer.from(data, 'base64'));
	}
}
