// Receives snapshots by server push and hands them to the parts of the page.
(function () {
  'use strict';
  const c = window.xpydCharts, HISTORY = 240, RECENT_STEPS = 1500;
  const $ = id => document.getElementById(id);
  const el = (tag, props, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };
  const history = new Map(), open = new Set();
  let snapshot = null, steps = [], lastTime = -1, dirty = false, source = null, lost = false;

  function connect() {
    source = new EventSource('console/events');
    source.onmessage = e => { lost = false; receive(JSON.parse(e.data)); };
    source.onerror = () => {
      lost = true;
      status();
      // The browser retries broken connections by itself, but gives up on error answers, such as of a gateway that is still starting.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1500);
    };
  }

  function receive(next) {
    if (next.emulated_seconds < lastTime) { history.clear(); steps = []; }
    lastTime = next.emulated_seconds;
    snapshot = next;
    steps = steps.concat(next.steps).slice(-RECENT_STEPS);
    remember(next);
    dirty = true;
    requestAnimationFrame(render);
  }

  // One line per instance while that is readable, afterwards mean and peak of each role.
  function remember(s) {
    const lines = s.instances.length <= 12 ? s.instances.map(i => [i.name, i.kv_usage]) : [...new Set(s.instances.map(i => i.role))].flatMap(role => {
      const values = s.instances.filter(i => i.role === role).map(i => i.kv_usage);
      return [[role + ' mean', values.reduce((a, b) => a + b, 0) / values.length], [role + ' highest', Math.max(...values)]];
    });
    for (const [name, value] of lines) {
      const points = history.get(name) ?? [];
      points.push([s.emulated_seconds, value]);
      if (points.length > HISTORY) points.shift();
      history.set(name, points);
    }
    for (const [name, points] of history) if (points.at(-1)[0] < s.emulated_seconds - 120) history.delete(name);
  }

  function status() {
    const box = $('status');
    box.className = 'status ' + (lost ? 'lost' : 'live');
    const text = lost ? 'connection lost, trying again…' : snapshot ? `live · ${c.number(snapshot.emulated_seconds, 4)} s emulated · ×${c.number(snapshot.emulator.time_scale)}` : 'connecting…';
    if (box.textContent !== text) box.textContent = text;
  }

  const figureCells = new Map();
  function figure(name, text, judged, note = '') {
    let cell = figureCells.get(name);
    if (!cell) { cell = { box: el('div', {}), value: el('dd', {}), note: el('small', {}) }; cell.box.append(el('dt', { textContent: name }), cell.value, cell.note); $('figures').append(cell.box); figureCells.set(name, cell); }
    if (cell.value.textContent !== text) cell.value.textContent = text;
    if (cell.note.textContent !== note) cell.note.textContent = note;
    const judgement = judged === null ? '' : judged ? 'met' : 'missed';
    if (cell.box.className !== judgement) cell.box.className = judgement;
  }

  function figures(s) {
    const t = s.traffic, within = (value, limit) => value == null || limit == null ? null : value <= limit;
    const ms = v => v == null ? '–' : c.seconds(v);
    const aim = limit => limit == null ? '' : `objective ${c.seconds(limit)}`, met = t.requests_per_s > 0 ? t.goodput_rps / t.requests_per_s : null;
    figure('Goodput', c.number(t.goodput_rps) + ' req/s', met === null || t.slo_ttft_ms == null && t.slo_tpot_ms == null ? null : met >= .95, met === null ? 'no request ended lately' : `${c.percent(met)} meet the SLO`);
    figure('Throughput', c.number(t.requests_per_s) + ' req/s', null);
    figure('Output tokens', c.number(t.output_tokens_per_s) + '/s', null);
    figure('TTFT p50', ms(t.ttft_p50_ms), within(t.ttft_p50_ms, t.slo_ttft_ms), aim(t.slo_ttft_ms));
    figure('TTFT p99', ms(t.ttft_p99_ms), within(t.ttft_p99_ms, t.slo_ttft_ms), aim(t.slo_ttft_ms));
    figure('TPOT p50', ms(t.tpot_p50_ms), within(t.tpot_p50_ms, t.slo_tpot_ms), aim(t.slo_tpot_ms));
    figure('TPOT p99', ms(t.tpot_p99_ms), within(t.tpot_p99_ms, t.slo_tpot_ms), aim(t.slo_tpot_ms));
    figure('In flight', String(t.in_flight), null);
    figure('Failed', String(t.failed), t.failed > 0 ? false : null);
    figure('Late steps', c.percent(s.emulator.late_share), s.emulator.late_share > 0.05 ? false : null);
  }

  function banner(s) {
    const worries = [];
    if (s.emulator.late_share > 0.05) worries.push(`The host cannot keep up: ${c.percent(s.emulator.late_share)} of steps end late, so latencies here are too long. Lower time.scale or use fewer instances.`);
    const failed = s.instances.filter(i => i.state === 'failed').map(i => i.name);
    if (failed.length) worries.push(`Failed: ${failed.join(', ')}.`);
    const cut = s.links.filter(l => l.is_cut).map(l => l.name);
    if (cut.length) worries.push(`Cut: ${cut.join(', ')}.`);
    const text = worries.join(' ');
    if ($('banner').textContent !== text) $('banner').textContent = text;
    $('banner').hidden = worries.length === 0;
  }

  // Best of a column is green when it leads by more than 2 %: less is chance.
  const leads = (values, i, lower) => values.every((v, j) => j === i || (lower ? values[i] < v * .98 : values[i] > v * 1.02));
  let compared = null;
  function comparison(s) {
    $('comparison').hidden = !s.comparison;
    if (!s.comparison) return;
    const { verdict, why, variants } = s.comparison, t = s.traffic, key = verdict + why.join();
    if (compared !== key) {
      compared = key;
      $('verdict').textContent = verdict;
      $('why').replaceChildren(...why.map(text => el('li', { textContent: text })));
    }
    const columns = [['Goodput', v => v.goodput_rps, x => c.number(x) + ' req/s', false], ['TTFT p50', v => v.ttft_p50_ms, c.seconds, true], ['TTFT p99', v => v.ttft_p99_ms, c.seconds, true],
      ['TPOT p50', v => v.tpot_p50_ms, c.seconds, true], ['TPOT p99', v => v.tpot_p99_ms, c.seconds, true], ['ITL p99', v => v.itl_p99_ms, c.seconds, true]];
    const cell = (v, i, [, read, format, lower]) => el('td', { textContent: format(read(v)), className: variants.length > 1 && leads(variants.map(read), i, lower) ? 'best' : '' });
    const walls = v => v.prefill_wall === v.decode_wall ? v.prefill_wall : `${v.prefill_wall} / ${v.decode_wall}`;
    const rows = variants.map((v, i) => el('tr', {}, el('td', { textContent: v.name }), ...columns.map(column => cell(v, i, column)), el('td', { textContent: walls(v) })));
    const now = [c.number(t.goodput_rps) + ' req/s', t.ttft_p50_ms, t.ttft_p99_ms, t.tpot_p50_ms, t.tpot_p99_ms].map(x => typeof x === 'string' ? x : x == null ? '–' : c.seconds(x));
    const live = el('tr', { className: 'live' }, ...[`${s.cluster}, live now`, ...now, '', Object.values(s.walls).join(' / ')].map(text => el('td', { textContent: text })));
    $('variants').replaceChildren(el('thead', {}, el('tr', {}, ...['', ...columns.map(([name]) => name), 'Walls'].map(text => el('th', { scope: 'col', textContent: text })))), el('tbody', {}, ...rows, live));
  }

  const meanings = {
    tokenize: 'the gateway itself takes its time', route: 'the router, or the host it runs on, takes its time', prefill_queue: 'prompts wait for an instance to compute them: more prefill instances shorten it',
    prefill: 'prompts are being computed: more GPUs per instance, or prompts found in cache, shorten it', kv_alloc: 'decode instances have no KV blocks free',
    kv_transfer: 'KV crosses the link: a faster link or layer-wise overlap shortens it', decode_queue: 'computed prompts wait for the step in progress or a slot in the batch: more decode instances shorten it',
  };
  function longest(s) {
    const total = Object.values(s.hops_ms).reduce((a, b) => a + b, 0), [hop, ms] = Object.entries(s.hops_ms).reduce((a, b) => b[1] > a[1] ? b : a, ['', 0]);
    const text = total > 0 ? `Of ${c.seconds(total)} on average, ${c.hopNames[hop] ?? hop} takes ${c.seconds(ms)} (${c.percent(ms / total)}): ${meanings[hop] ?? ''}.` : '';
    if ($('longest').textContent !== text) $('longest').textContent = text;
  }

  function walls(s) {
    $('walls').replaceChildren(...Object.entries(s.walls).map(([role, wall]) => el('span', { className: `wall-chip wall-${wall}`, textContent: `${role}: ${wall}` })));
    const rows = s.levers.slice(0, 6).map(l => el('tr', {}, el('td', { textContent: l.name }), el('td', { textContent: l.wall }), el('td', {}, l.effect, ...(l.trap ? [el('div', { className: 'trap', textContent: l.trap })] : []))));
    $('levers').replaceChildren(...(rows.length ? [el('thead', {}, el('tr', {}, ...['Lever', 'Wall', 'Effect'].map(t => el('th', { scope: 'col', textContent: t })))), el('tbody', {}, ...rows)] : []));
  }

  let shownDecisions = null;
  function decisions(s) {
    const key = s.decisions.map(d => d.request_id + (d.regret_ms == null ? '' : '!')).join();
    const box = $('decisions');
    if (key === shownDecisions || box.contains(document.activeElement) && open.size) return;
    shownDecisions = key;
    if (!s.decisions.length) { box.replaceChildren(el('div', { className: 'empty', textContent: 'No request has been routed yet.' })); return; }
    box.replaceChildren(...s.decisions.map(d => {
      const item = el('details', { open: open.has(d.request_id) });
      item.append(el('summary', {}, el('span', { textContent: `#${d.request_id}` }), el('span', { textContent: d.decision }), el('span', { textContent: [d.prefill, d.decode].filter(Boolean).join(' → ') }), el('span', { textContent: `${d.prompt_tokens} tokens · ${d.policy}` }), ...(d.regret_ms == null ? [] : [el('span', { className: d.better ? 'regret' : 'chosen', textContent: d.better ? `regret ${c.seconds(d.regret_ms)}, ${d.better} was better` : 'no regret' })])));
      item.addEventListener('toggle', () => { if (item.open) { open.add(d.request_id); fill(item, d); } else open.delete(d.request_id); });
      if (item.open) fill(item, d);
      return item;
    }));
  }

  function fill(item, d) {
    if (item.querySelector('table')) return;
    const rows = [...d.candidates].sort((a, b) => (a.cost ?? Infinity) - (b.cost ?? Infinity)).map(x => el('tr', { className: x.chosen ? 'chosen' : '' }, ...[x.instance + (x.chosen ? ' ✓' : ''), x.role, x.cost === null ? 'out of the question' : c.number(x.cost, 4), String(x.matched_tokens)].map(t => el('td', { textContent: t }))));
    item.append(el('div', { className: 'scroll' }, el('table', {}, el('thead', {}, el('tr', {}, ...['Candidate', 'Role', 'Cost', 'Matched tokens'].map(t => el('th', { scope: 'col', textContent: t })))), el('tbody', {}, ...rows))));
  }

  const charts = [];
  function chart(id, label, ready, make) {
    let redraw = null;
    charts.push(() => {
      if (!ready()) return;
      if (redraw) redraw(); else redraw = c.mount($(id), make, label);
    });
  }
  chart('waterfall', 'Mean and p99 TTFT by hop', () => Object.keys(snapshot.hops_ms).length > 0, () => c.waterfall([{ name: 'mean', hops: snapshot.hops_ms }, { name: 'p99', hops: snapshot.hops_p99_ms }]));
  chart('roofline', 'Recent steps on the roofline', () => steps.length > 0 && snapshot.roofs.length > 0, () => c.roofline(snapshot.roofs.map(r => ({ name: r.name, flops: r.flops_per_s, bytes: r.bytes_per_s })),
    [...new Set(steps.map(x => x.role))].map(role => ({ name: role, points: steps.filter(x => x.role === role && x.flops_per_byte > 0 && x.flops_per_s > 0).map(x => [x.flops_per_byte, x.flops_per_s]) }))));
  chart('occupancy', 'KV occupancy over time', () => history.size > 0, () => c.overTime([...history].map(([name, points]) => ({ name, points })), { percent: true }));

  function render() {
    if (!dirty || document.hidden) return;
    dirty = false;
    const title = `${snapshot.cluster} · ${snapshot.model}`;
    if ($('title').textContent !== title) { $('title').textContent = title; document.title = `${title} · xpyd`; }
    status(); figures(snapshot); banner(snapshot); comparison(snapshot); longest(snapshot);
    window.xpydTopology.update(snapshot);
    walls(snapshot); decisions(snapshot); window.xpydControls.update(snapshot);
    charts.forEach(draw => draw());
    document.documentElement.dataset.ready = 'true';
  }

  document.addEventListener('visibilitychange', render);
  $('theme').addEventListener('click', () => { const choice = c.isDark() ? 'light' : 'dark'; localStorage.setItem('xpyd-theme', choice); c.theme(choice); });
  const kept = localStorage.getItem('xpyd-theme');
  if (kept) c.theme(kept);
  connect();
})();
