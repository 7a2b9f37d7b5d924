/* Keeps the page as the chain is: puts what the server says into its place,
 * counts seconds, and draws the last day. All of it is of this server. */
'use strict';

/* Without a password that was in the page's own URL: fetch() wants none. */
const HERE = location.origin;

/* --- time ------------------------------------------------------------------ */

/* The server's clock less ours, in seconds. */
let ahead = Number(document.body.dataset.now) - Date.now() / 1000;
const now = () => Date.now() / 1000 + ahead;

/* As providers/page/html.c has it. */
function span(seconds) {
	const n = Math.max(0, Math.floor(seconds));
	if (n < 60)
		return `${n} s`;
	if (n < 3600)
		return `${Math.floor(n / 60)} min ${n % 60} s`;
	if (n < 86400)
		return `${Math.floor(n / 3600)} h ${Math.floor(n / 60) % 60} min`;
	return `${Math.floor(n / 86400)} d ${Math.floor(n / 3600) % 24} h`;
}

/* UTC, as logs and tables have it. */
function clock(t, seconds = false) {
	return new Date(t * 1000).toISOString().slice(11, seconds ? 19 : 16);
}

function tick() {
	for (const e of document.querySelectorAll('time[data-at]')) {
		const text = span(now() - Number(e.dataset.at));
		if (e.textContent !== text)
			e.textContent = text;
	}
}

/* --- the page's parts ------------------------------------------------------ */

/* Makes `old` as `wanted` is, and leaves alone what is the same already: the
 * focus, a selection and what somebody opened stay. */
function morph(old, wanted) {
	if (old.nodeType !== wanted.nodeType || old.nodeName !== wanted.nodeName) {
		old.replaceWith(wanted.cloneNode(true));
		return;
	}
	if (old.nodeType !== Node.ELEMENT_NODE) {
		if (old.data !== wanted.data)
			old.data = wanted.data;
		return;
	}
	for (const a of wanted.attributes)
		if (old.getAttribute(a.name) !== a.value)
			old.setAttribute(a.name, a.value);
	for (const a of [...old.attributes])
		if (!wanted.hasAttribute(a.name) && a.name !== 'open')
			old.removeAttribute(a.name);
	morphChildren(old, wanted);
}

function morphChildren(old, wanted) {
	const want = [...wanted.childNodes];
	const have = [...old.childNodes];
	want.forEach((w, i) => {
		if (have[i])
			morph(have[i], w);
		else
			old.append(w.cloneNode(true));
	});
	for (const extra of have.slice(want.length))
		extra.remove();
}

function put(id, html) {
	const t = document.createElement('template');
	t.innerHTML = html;
	morphChildren(document.getElementById(id), t.content);
}

/* --- what the server says -------------------------------------------------- */

const live = document.getElementById('live');
const SILENT_S = 12;
let heard = 0; /* when it last said something */

function say(text, lost) {
	if (live.textContent !== text)
		live.textContent = text;
	live.classList.toggle('lost', lost);
}

function hear() {
	heard = Date.now();
	say('live', false);
}

function listen() {
	const events = new EventSource(`${HERE}/events`);
	events.addEventListener('beat', (e) => {
		ahead = Number(e.data) - Date.now() / 1000;
		hear();
	});
	events.addEventListener('page', (e) => {
		const p = JSON.parse(e.data);
		ahead = p.now - Date.now() / 1000;
		put('top', p.top);
		put('tables', p.tables);
		document.title = `${p.verdict}: ${p.name}`;
		document.querySelector('h1').textContent = p.name;
		hear();
		tick();
	});
	/* What a browser gives up for good is begun anew. */
	events.addEventListener('error', () => {
		if (events.readyState === EventSource.CLOSED)
			setTimeout(listen, 2000);
	});
}

function watch() {
	if (!heard || (Date.now() - heard) / 1000 < SILENT_S)
		return;
	say(`✖ no connection since ${clock(heard / 1000 + ahead, true)} UTC: ` +
		'all figures are older', true);
}

/* --- the last day ---------------------------------------------------------- */

const SVG = 'http://www.w3.org/2000/svg';
const RANGES = [[1, '1 h'], [6, '6 h'], [24, '24 h']];
const HEIGHT = 140, LEFT = 58, RIGHT = 8, TOP = 8, BOTTOM = 20;
const STEP_S = 30; /* from a record to the next */
const GAP_S = 120; /* after which a line is not drawn through */

let day = { at: [], accounts: {} };
let hours = 24;
let cursor = null; /* a time, or null: now */

function svg(name, attributes, ...children) {
	const e = document.createElementNS(SVG, name);
	for (const [k, v] of Object.entries(attributes))
		e.setAttribute(k, v);
	e.append(...children);
	return e;
}

function html(name, attributes, ...children) {
	const e = document.createElement(name);
	for (const [k, v] of Object.entries(attributes))
		e.setAttribute(k, v);
	e.append(...children);
	return e;
}

const whole = (v) => String(Math.round(v));
const ether = (v) => `${v >= 1e12 ? (v / 1e9).toFixed(2)
	: +(v / 1e9).toPrecision(4)} ETH`;

/* The balances of accounts, with their roles and in the order of the table. */
function accounts() {
	const rows = [...document.querySelectorAll('tr[data-address]')]
		.map((r) => [r.dataset.address.toLowerCase(),
			r.querySelector('th').textContent]);
	const others = Object.keys(day.accounts)
		.filter((a) => !rows.some(([b]) => a === b))
		.map((a) => [a, `${a.slice(0, 8)}…`]);
	return rows.concat(others).filter(([a]) => day.accounts[a])
		.slice(0, 6).map(([a, name]) => [name, day.accounts[a]]);
}

const CHARTS = [
	{ title: 'Age of the heads', unit: 'log scale', log: true, show: span,
		series: () => [['L1', day.l1_lag], ['L2 unsafe', day.unsafe_lag],
			['L2 safe', day.safe_lag],
			['L2 finalized', day.finalized_lag]] },
	{ title: 'L2 heads', unit: 'block', show: whole,
		series: () => [['unsafe', day.unsafe], ['safe', day.safe],
			['finalized', day.finalized]] },
	{ title: 'L1 head', unit: 'block', show: whole,
		series: () => [['L1', day.l1]] },
	{ title: 'Sequencing window left', unit: '%', low: 0, high: 100,
		limit: 25, worst: Math.min, show: (v) => `${v} %`,
		series: () => [['window left', day.window]] },
	{ title: 'Balances', unit: 'ETH', low: 0, show: ether, worst: Math.min,
		series: accounts },
	{ title: 'Batches, outputs and incidents', unit: 'the newest each 30 s',
		lanes: () => [
			['batches', marks(day.batch_at, day.batch_block), lastOf],
			['outputs', marks(day.output_at, day.output_index), lastOf],
			['restarts', rises(day.restarts), lastOf],
			['findings', where(day.findings), lastOf]] },
];

/* When each thing was that has a number. */
const marks = (times = [], numbers = []) => [...new Map(numbers
	.map((n, i) => [n, times[i]])
	.filter(([n, t]) => n !== null && t !== null)).values()];
/* Times at which a number grew. */
const rises = (list = []) => day.at.filter((t, i) => i > 0 &&
	list[i] > list[i - 1] && list[i - 1] !== null);
/* Times at which a number is not zero. */
const where = (list = []) => day.at.filter((t, i) => list[i] > 0);

function niceSteps(low, high, count) {
	const raw = (high - low) / count || 1;
	const power = 10 ** Math.floor(Math.log10(raw));
	const step = [1, 2, 5, 10].find((m) => m * power >= raw) * power;
	const out = [];
	for (let v = Math.ceil(low / step) * step; v <= high + step / 1e6; v += step)
		out.push(v);
	return out;
}

/* Where values are on a chart: a scale, and the lines that show it. */
function scaleOf(chart, values) {
	let low = chart.low ?? Math.min(...values);
	let high = chart.high ?? Math.max(...values);
	const tall = HEIGHT - TOP - BOTTOM;
	if (chart.log) {
		const l = (v) => Math.log10(Math.max(1, v));
		const top = Math.max(2, l(high) + 0.1);
		return { y: (v) => TOP + tall * (1 - l(v) / top),
			steps: [1, 10, 60, 600, 3600, 21600, 86400, 604800]
				.filter((s) => l(s) <= top) };
	}
	if (high === low) {
		high += 1;
		low = chart.low ?? low - 1;
	}
	return { y: (v) => TOP + tall * (1 - (v - low) / (high - low)),
		steps: niceSteps(low, high, 4) };
}

function stepText(chart, v) {
	if (chart.log)
		return span(v).replace(/ 0 (s|min|h)$/, '');
	if (chart.show === ether)
		return String(+(v / 1e9).toPrecision(4));
	return whole(v);
}

const from = () => now() - hours * 3600;

/* x of a time. */
const place = (width) => (t) =>
	LEFT + (width - LEFT - RIGHT) * (t - from()) / (hours * 3600);

function timeAxis(g, width) {
	const x = place(width);
	const step = [300, 600, 900, 1800, 3600, 7200, 14400, 21600]
		.find((s) => hours * 3600 / s * 52 < width - LEFT) ?? 43200;
	for (let t = Math.ceil(from() / step) * step; t < now(); t += step) {
		g.append(svg('line', { class: 'axis', x1: x(t), x2: x(t),
			y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 4 }));
		if (x(t) > LEFT + 12 && x(t) < width - 14)
			g.append(svg('text', { x: x(t), y: HEIGHT - 4,
				'text-anchor': 'middle' }, clock(t)));
	}
	g.append(svg('line', { class: 'axis', x1: LEFT, x2: width - RIGHT,
		y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM }));
}

/* A point for each two pixels, the worst of what is there, and a new line after
 * each gap. */
function path(values, x, y, worst) {
	let d = '', last = null, point = null;
	const draw = () => {
		if (point)
			d += `${point.moves ? 'M' : 'L'}${point.x.toFixed(1)} ` +
				`${y(point.v).toFixed(1)}${point.moves ? 'h0.8' : ''}`;
		point = null;
	};
	day.at.forEach((t, i) => {
		const v = values[i];
		if (t < from() || v === null || v === undefined)
			return;
		const moves = last === null || t - last > GAP_S;
		last = t;
		if (point && !moves && x(t) - point.x < 2) {
			point.v = worst(point.v, v);
			return;
		}
		draw();
		point = { x: x(t), v, moves };
	});
	draw();
	return d;
}

function drawLines(chart, g, width) {
	const x = place(width);
	const list = chart.series();
	const seen = list.flatMap(([, v]) => (v ?? [])
		.filter((n, i) => n !== null && day.at[i] >= from()));
	if (seen.length === 0) {
		g.append(svg('text', { x: LEFT + 8, y: HEIGHT / 2 },
			'Nothing is known yet.'));
		return;
	}
	const { y, steps } = scaleOf(chart, seen);
	for (const s of steps) {
		g.append(svg('line', { class: 'axis', x1: LEFT, x2: width - RIGHT,
			y1: y(s), y2: y(s) }));
		g.append(svg('text', { x: LEFT - 6, y: y(s) + 4,
			'text-anchor': 'end' }, stepText(chart, s)));
	}
	if (chart.limit !== undefined)
		g.append(svg('line', { class: 'limit', x1: LEFT,
			x2: width - RIGHT, y1: y(chart.limit), y2: y(chart.limit) }));
	list.forEach(([, v], i) =>
		g.append(svg('path', { class: `s s${i}`, d: path(v ?? [], x, y, chart.worst ?? Math.max) })));
}

function drawLanes(chart, g, width) {
	const x = place(width);
	const lanes = chart.lanes();
	const tall = (HEIGHT - TOP - BOTTOM) / lanes.length;
	lanes.forEach(([name, times], i) => {
		const top = TOP + tall * i;
		const d = times.filter((t) => t >= from())
			.map((t) => `M${x(t).toFixed(1)} ${top + 4}v${tall - 8}`);
		g.append(svg('text', { x: LEFT - 6, y: top + tall / 2 + 4,
			'text-anchor': 'end' }, name));
		g.append(svg('line', { class: 'axis', x1: LEFT, x2: width - RIGHT,
			y1: top + tall, y2: top + tall }));
		g.append(svg('path', { class: `s s${i} tick`, d: d.join('') }));
	});
}

/* The record that the cursor is at, or the newest. */
function recordAt() {
	if (cursor === null)
		return day.at.length - 1;
	let best = -1;
	day.at.forEach((t, i) => {
		if (best < 0 || Math.abs(t - cursor) < Math.abs(day.at[best] - cursor))
			best = i;
	});
	return best;
}

function valueText(chart, values, i) {
	const v = values?.[i];
	return v === null || v === undefined ? '–' : chart.show(v);
}

/* The newest of times, up to the cursor. */
function lastOf(times) {
	const at = times.filter((t) => t >= from() && t <= (cursor ?? now()));
	return at.length ? `${clock(Math.max(...at))}` : '–';
}

function fillLegend(chart) {
	const i = recordAt();
	const rows = chart.lanes
		? chart.lanes().map(([n, t, text]) => [n, text(t)])
		: chart.series().map(([n, v]) => [n, valueText(chart, v, i)]);
	chart.legend.replaceChildren(...rows.map(([name, text], k) =>
		html('li', {}, svg('svg', { viewBox: '0 0 24 8', 'aria-hidden': 'true' },
			svg('path', { class: `s s${k}${chart.lanes ? ' tick' : ''}`,
				d: chart.lanes ? 'M12 0v8' : 'M0 4h24' })),
		`${name} `, html('b', {}, text))));
	return rows.map(([name, text]) => `${name} ${text}`).join(', ');
}

function draw(chart) {
	const width = chart.figure.clientWidth - 24;
	if (width < 80)
		return;
	const g = svg('g', {});
	(chart.lanes ? drawLanes : drawLines)(chart, g, width);
	timeAxis(g, width);
	if (cursor !== null && cursor >= from()) {
		const x = place(width)(cursor);
		g.append(svg('line', { class: 'cursor', x1: x, x2: x, y1: TOP,
			y2: HEIGHT - BOTTOM }));
	}
	chart.picture.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
	chart.picture.setAttribute('height', HEIGHT);
	chart.picture.replaceChildren(g);
	chart.picture.setAttribute('aria-label',
		`${chart.title}, last ${hours} hours: ${fillLegend(chart)}`);
}

let slider, when;

function drawAll() {
	CHARTS.forEach(draw);
	slider.setAttribute('aria-valuetext', cursor === null ? 'now'
		: clock(cursor, true));
	when.textContent = cursor === null ? 'now'
		: `at ${clock(cursor, true)} UTC, ${span(now() - cursor)} ago`;
}

/* Drawing is done once for all that happens before the next frame. */
let asked = false;
function redraw() {
	if (asked)
		return;
	asked = true;
	requestAnimationFrame(() => {
		asked = false;
		drawAll();
	});
}

function moveTo(t) {
	cursor = t !== null && t < now() - 15 ? Math.max(t, from()) : null;
	slider.max = hours * 3600 / STEP_S;
	slider.value = slider.max - (cursor === null ? 0
		: Math.max(1, Math.round((now() - cursor) / STEP_S)));
	redraw();
}

function makeChart(chart) {
	chart.picture = svg('svg', { role: 'img' });
	chart.legend = html('ul', { class: 'legend' });
	chart.figure = html('figure', {},
		html('figcaption', {}, `${chart.title} `,
			html('span', {}, chart.unit)),
		chart.legend, chart.picture);
	chart.picture.addEventListener('pointermove', (e) => {
		const box = chart.picture.getBoundingClientRect();
		const share = (e.clientX - box.left - LEFT) /
			(box.width - LEFT - RIGHT);
		moveTo(from() + Math.min(1, Math.max(0, share)) * hours * 3600);
	});
	chart.picture.addEventListener('pointerleave', () => moveTo(null));
	return chart.figure;
}

function makeRange([h, name]) {
	const input = html('input', { type: 'radio', name: 'range', value: h });
	input.addEventListener('change', () => {
		hours = h;
		moveTo(null);
	});
	return html('label', {}, input, ` ${name}`);
}

function makeCharts() {
	const box = document.getElementById('charts');
	when = html('span', { class: 'when sub' }, 'now');
	slider = html('input', { type: 'range', class: 'slider', min: 0,
		'aria-label': 'Time of the values in the legends' });
	slider.addEventListener('input', () => moveTo(slider.value === slider.max
		? null : now() - (slider.max - slider.value) * STEP_S));
	const grid = html('div', { class: 'grid' }, ...CHARTS.map(makeChart));
	box.replaceChildren(html('div', { class: 'ranges', role: 'radiogroup',
		'aria-labelledby': 'h-day' },
	html('h2', { id: 'h-day' }, 'History, UTC'), ...RANGES.map(makeRange), when),
	grid, slider);
	new ResizeObserver(redraw).observe(grid);
}

function choose(h) {
	hours = h;
	document.querySelector(`input[name=range][value="${h}"]`).checked = true;
	moveTo(null);
}

/* Adds what is new; a series that was not there before has no values. */
function append(more) {
	const n = day.at.length, m = more.at.length;
	const nothing = (k) => Array(k).fill(null);
	const join = (a, b) => (a ?? nothing(n)).concat(b ?? nothing(m));
	const accounts = {};
	for (const a of new Set([...Object.keys(day.accounts),
		...Object.keys(more.accounts)]))
		accounts[a] = join(day.accounts[a], more.accounts[a]);
	for (const k of new Set([...Object.keys(day), ...Object.keys(more)]))
		if (Array.isArray(day[k] ?? more[k]))
			day[k] = join(day[k], more[k]);
	day.accounts = accounts;
}

/* Forgets what is older than a day. */
function forget() {
	const old = day.at.findIndex((t) => t > now() - 86400);
	if (old <= 0)
		return;
	for (const k of Object.keys(day))
		if (Array.isArray(day[k]))
			day[k] = day[k].slice(old);
	for (const a of Object.keys(day.accounts))
		day.accounts[a] = day.accounts[a].slice(old);
}

async function fetchHistory() {
	const since = day.at.at(-1) ?? 0;
	try {
		const answer = await fetch(`${HERE}/history?since=${since}`);
		if (answer.ok)
			append(await answer.json());
	} catch {
		return; /* what is wrong is said by the events */
	}
	forget();
	redraw();
}

/* --- the graph ------------------------------------------------------------- */

/* Which node one is at, and where one can go from there. */
let nodes = new Map(), users = new Map();
/* What an apply would do, when somebody wanted to know: rows by address. */
let changes = new Map();

function linksTo(title, list) {
	const items = list.map((a) => {
		const b = html('button', { type: 'button' }, a);
		b.addEventListener('click', () => walkTo(a, true));
		return html('li', {}, b);
	});
	return html('div', {}, html('h4', {}, `${title} (${list.length})`),
		html('ul', {}, ...items));
}

/* The plan's words about a resource. */
function changeOf(addr) {
	const row = changes.get(addr);
	return row ? [html('div', { class: 'change' }, ...[...row.cells].slice(1)
		.map((c) => html('p', {}, ...c.cloneNode(true).childNodes)))] : [];
}

function walkTo(addr, scroll) {
	const g = nodes.get(addr);
	const needs = g.dataset.needs.split(' ').filter(Boolean);
	for (const [a, n] of nodes) {
		n.classList.toggle('at', a === addr);
		n.classList.toggle('needed', needs.includes(a));
		n.classList.toggle('user', users.get(addr).includes(a));
	}
	const panel = document.getElementById('node');
	panel.replaceChildren(html('h3', {}, addr), ...changeOf(addr),
		linksTo('Depends on', needs), linksTo('Needed by', users.get(addr)));
	const frame = document.getElementById('graph');
	const box = g.getBoundingClientRect(), at = frame.getBoundingClientRect();
	frame.scrollLeft += box.left - at.left - (at.width - box.width) / 2;
	frame.scrollTop += box.top - at.top - (at.height - box.height) / 2;
	if (scroll)
		panel.focus({ preventScroll: true });
}

/* Along the arrows: to what the node needs, or to what needs it; and within a
 * column. */
function walkBy(key) {
	const at = document.querySelector('#graph .at');
	const addr = at.dataset.addr;
	const [x, y] = ['x', 'y'].map((k) =>
		Number(at.querySelector('rect').getAttribute(k)));
	const column = [...nodes.values()].filter((n) => Number(
		n.querySelector('rect').getAttribute('x')) === x)
		.map((n) => [Number(n.querySelector('rect').getAttribute('y')),
			n.dataset.addr]).sort((a, b) => a[0] - b[0]);
	const to = {
		ArrowLeft: () => at.dataset.needs.split(' ')[0],
		ArrowRight: () => users.get(addr)[0],
		ArrowUp: () => column.filter(([v]) => v < y).at(-1)?.[1],
		ArrowDown: () => column.find(([v]) => v > y)?.[1],
	}[key]?.();
	if (to)
		walkTo(to, false);
	return to !== undefined;
}

function showGraph(box, text) {
	/* The page has the colours: a style of its own is against the policy. */
	const picture = svg('svg', {});
	picture.innerHTML = text.replace(/^[^]*?<style>[^]*?<\/style>/, '')
		.replace(/<\/svg>\s*$/, '');
	for (const [, name, value] of text.match(/<svg [^>]*>/)[0]
		.matchAll(/ (viewBox|width|height)="([^"]*)"/g))
		picture.setAttribute(name, value);
	picture.setAttribute('aria-hidden', 'true');
	nodes = new Map([...picture.querySelectorAll('[data-addr]')]
		.map((g) => [g.dataset.addr, g]));
	users = new Map([...nodes.keys()].map((a) => [a, []]));
	for (const [a, g] of nodes)
		for (const need of g.dataset.needs.split(' ').filter(Boolean))
			users.get(need)?.push(a);
	const frame = html('div', { id: 'graph', class: 'wide', tabindex: 0,
		role: 'group', 'aria-label': 'The graph; arrow keys walk in it' },
	picture);
	const panel = html('div', { id: 'node', tabindex: -1, role: 'region',
		'aria-live': 'polite', 'aria-label': 'The resource one is at' });
	frame.addEventListener('keydown', (e) => {
		if (walkBy(e.key))
			e.preventDefault();
	});
	picture.addEventListener('click', (e) => {
		const g = e.target.closest('[data-addr]');
		if (g)
			walkTo(g.dataset.addr, false);
	});
	box.replaceChildren(frame, panel);
	const first = [...nodes.keys()].find((a) => users.get(a).length === 0);
	if (first)
		walkTo(first, false);
}

/* Marks the nodes that an apply would change, by a sign and a frame. */
function markChanges() {
	for (const [addr, g] of nodes) {
		const row = changes.get(addr);
		g.querySelector('.mark')?.remove();
		g.classList.toggle('changes', row !== undefined);
		if (!row)
			continue;
		const r = g.querySelector('rect');
		const [x, y, width] = ['x', 'y', 'width'].map((k) =>
			Number(r.getAttribute(k)));
		g.append(svg('text', { class: 'mark', x: x + width - 8, y: y + 14,
			'text-anchor': 'end' }, row.dataset.sign));
	}
	const at = document.querySelector('#graph .at');
	if (at)
		walkTo(at.dataset.addr, false);
}

/* The table of a plan; its rows lead to their nodes. */
function showPlan(box, text) {
	const page = new DOMParser().parseFromString(text, 'text/html');
	const table = document.importNode(page.getElementById('changes'), true);
	changes = new Map([...table.querySelectorAll('tr[data-addr]')]
		.map((r) => [r.dataset.addr, r.cloneNode(true)]));
	for (const r of table.querySelectorAll('tr[data-addr]')) {
		const addr = r.dataset.addr;
		if (!nodes.has(addr))
			continue;
		const b = html('button', { type: 'button' }, addr);
		b.addEventListener('click', () => walkTo(addr, true));
		r.cells[0].replaceChildren(b);
	}
	box.replaceChildren(table);
	markChanges();
}

async function want(path) {
	const answer = await fetch(`${HERE}${path}`);
	if (!answer.ok)
		throw new Error(await answer.text());
	return answer.text();
}

function makeGraph() {
	const show = html('button', { type: 'button' }, 'Show it');
	const plan = html('button', { type: 'button' },
		'What would an apply do?');
	const said = html('span', { role: 'status', class: 'sub' });
	const box = html('div', {}), table = html('div', {});
	const complain = (where, what, e) => where.replaceChildren(
		html('pre', { tabindex: 0 }, `There is no ${what}: ${e.message}`));
	const graph = async () => {
		showGraph(box, await want('/graph.svg'));
		show.remove();
		markChanges();
	};
	document.querySelector('#plan p').replaceWith(
		html('p', {}, show, ' ', plan, ' ', said), box, table);
	show.addEventListener('click', () => graph()
		.then(() => document.getElementById('graph').focus())
		.catch((e) => complain(box, 'graph', e)));
	plan.addEventListener('click', async () => {
		plan.disabled = true;
		said.textContent = 'It is being planned. Nothing is changed.';
		try {
			if (show.isConnected)
				await graph();
			showPlan(table, await want('/plan'));
			said.textContent = table.querySelector('strong').textContent;
		} catch (e) {
			complain(table, 'plan', e);
			said.textContent = '';
		}
		plan.disabled = false;
	});
}

/* The tables are seen before anything else is done. Nobody paints what nobody
 * sees. */
function painted() {
	return new Promise((done) => {
		if (document.hidden)
			done();
		requestAnimationFrame(() => setTimeout(done));
	});
}

async function begin() {
	await painted();
	makeCharts();
	makeGraph();
	choose(24);
	listen();
	setInterval(() => {
		tick();
		watch();
	}, 1000);
	await fetchHistory();
	/* A chain of today is not shown as a stripe. */
	const age = now() - (day.at[0] ?? now());
	choose(age < 3600 ? 1 : age < 6 * 3600 ? 6 : 24);
	setInterval(fetchHistory, 10000);
}

begin();
