// Receives snapshots by server push and hands them to the parts of the page.
(function () {
  'use strict';
  const c = window.xpydCharts, HISTORY = 240, RECENT_STEPS = 1500;
  const $ = id => document.getElementById(id);
  const el = (tag, props, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };
  const history = new Map(), over = { rps: [], goodput: [], ttft: [], tpot: [] };
  let snapshot = null, steps = [], lastTime = -1, dirty = false, source = null, lost = false;

  function connect() {
    source = new EventSource('console/events');
    source.onmessage = e => {
      if (lost) document.dispatchEvent(new CustomEvent('console-reconnected'));
      lost = false; delete document.documentElement.dataset.lost;
      receive(JSON.parse(e.data));
    };
    source.onerror = () => {
      lost = true;
      status();
      document.documentElement.dataset.lost = 'true';
      // The browser retries broken connections by itself, but gives up on error answers, such as of a gateway that is still starting.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1500);
    };
  }

  function receive(next) {
    if (next.emulated_seconds < lastTime) { history.clear(); steps = []; Object.values(over).forEach(points => points.length = 0); }
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
    const t = s.traffic, share = (value, limit) => value == null ? null : limit ? value / limit : value;
    const now = { rps: t.requests_per_s, goodput: t.goodput_rps, ttft: share(t.ttft_p99_ms, t.slo_ttft_ms), tpot: share(t.tpot_p99_ms, t.slo_tpot_ms) };
    for (const [name, points] of Object.entries(over)) {
      points.push([s.emulated_seconds, now[name]]);
      if (points.length > HISTORY) points.shift();
    }
    for (const [name, points] of history) if (points.at(-1)[0] < s.emulated_seconds - 120) history.delete(name);
  }

  function status() {
    const box = $('status');
    box.className = 'status ' + (lost ? 'lost' : 'live');
    const text = lost ? 'connection lost, trying again… the page shows the last it heard' : snapshot ? `live · ${c.number(snapshot.emulated_seconds, 4)} s emulated · ×${c.number(snapshot.emulator.time_scale)}` : 'connecting…';
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

  const latencyHint = t => t.slo_ttft_ms == null && t.slo_tpot_ms == null ? 'p99 of the last 10 seconds.' : 'p99 of the last 10 seconds, as a share of its objective: above 100 % it is missed.';
  function figures(s) {
    const t = s.traffic, within = (value, limit) => value == null || limit == null ? null : value <= limit;
    const ms = v => v == null ? '–' : c.seconds(v);
    const aim = limit => limit == null ? '' : `objective ${c.seconds(limit)}`, met = t.requests_per_s > 0 ? t.goodput_rps / t.requests_per_s : null;
    $('latency-hint').textContent !== latencyHint(t) && ($('latency-hint').textContent = latencyHint(t));
    figure('Goodput', c.unit(t.goodput_rps, 'req/s'), met === null || t.slo_ttft_ms == null && t.slo_tpot_ms == null ? null : met >= .95, met === null ? 'no request ended lately' : `${c.percent(met)} meet the SLO`);
    figure('Throughput', c.unit(t.requests_per_s, 'req/s'), null);
    figure('Output tokens', c.unit(t.output_tokens_per_s, 'tok/s'), null);
    figure('TTFT p50', ms(t.ttft_p50_ms), within(t.ttft_p50_ms, t.slo_ttft_ms), aim(t.slo_ttft_ms));
    figure('TTFT p99', ms(t.ttft_p99_ms), within(t.ttft_p99_ms, t.slo_ttft_ms), aim(t.slo_ttft_ms));
    figure('TPOT p50', ms(t.tpot_p50_ms), within(t.tpot_p50_ms, t.slo_tpot_ms), aim(t.slo_tpot_ms));
    figure('TPOT p99', ms(t.tpot_p99_ms), within(t.tpot_p99_ms, t.slo_tpot_ms), aim(t.slo_tpot_ms));
    figure('In flight', String(t.in_flight), null);
    figure('Failed', String(t.failed), t.failed > 0 ? false : null);
    figure('Late steps', c.percent(s.emulator.late_share), s.emulator.late_share > 0.05 ? false : null, s.emulator.late_share > 0.05 ? 'do not trust the latencies' : 'the host keeps up');
  }

  function banner(s) {
    const worries = [];
    if (s.emulator.late_share > 0.05) worries.push(`The host cannot keep up: ${c.percent(s.emulator.late_share)} of the last 10 seconds’ steps ended late, so latencies here are too long. Lower time.scale or use fewer instances.`);
    const failed = s.instances.filter(i => i.state === 'failed').map(i => i.name);
    if (failed.length) worries.push(`Failed: ${failed.join(', ')}.`);
    const others = s.faults.filter(f => !failed.includes(f.target)).map(f => f.kind === 'link' && f.factor === 0 ? `link of ${f.target} cut` : `${f.kind} at ${f.target}${f.factor == null ? '' : ' ×' + c.number(f.factor)}`);
    if (others.length) worries.push(`In force: ${others.join(', ')}.`);
    const text = worries.join(' ');
    if ($('banner').textContent !== text) $('banner').textContent = text;
    $('banner').hidden = worries.length === 0;
  }

  const charts = [];
  function chart(id, label, ready, make) {
    let redraw = null;
    charts.push(() => {
      // A picture that somebody points at stands still: its tooltip would go with it.
      if (!ready() || redraw && $(id).matches(':hover')) return;
      if (redraw) redraw(); else redraw = c.mount($(id), make, label);
    });
  }
  const ended = () => over.rps.some(p => p[1] > 0);
  const roles = ['prefill', 'decode', 'aggregated'];
  chart('waterfall', 'Mean and p99 TTFT by hop', () => Object.keys(snapshot.hops_ms).length > 0, width => c.waterfall([{ name: 'mean', hops: snapshot.hops_ms }, { name: 'p99', hops: snapshot.hops_p99_ms }], width));
  chart('latency', 'TTFT and TPOT over time', ended, width => {
    const asked = snapshot.traffic.slo_ttft_ms != null || snapshot.traffic.slo_tpot_ms != null;
    return c.overTime([{ name: 'TTFT p99', points: over.ttft }, { name: 'TPOT p99', points: over.tpot }], asked ? { percent: true, limit: { value: 1, name: 'objective' } } : { label: 'ms' }, width);
  });
  chart('requests', 'Requests and goodput over time', ended, width => c.overTime([{ name: 'completed', points: over.rps, dashed: true }, { name: 'within the objectives (goodput)', points: over.goodput }], { label: 'requests/s' }, width));
  chart('roofline', 'Recent steps on the roofline', () => steps.length > 0 && snapshot.roofs.length > 0, width => c.roofline(snapshot.roofs.map(r => ({ name: r.name, flops: r.flops_per_s, bytes: r.bytes_per_s })),
    roles.filter(role => steps.some(x => x.role === role)).map(role => ({ name: role, points: steps.filter(x => x.role === role && x.flops_per_byte > 0 && x.flops_per_s > 0).map(x => [x.flops_per_byte, x.flops_per_s]) })), width));
  chart('occupancy', 'KV occupancy over time', () => history.size > 0, width => c.overTime([...history].map(([name, points]) => ({ name, points })), { percent: true, max: 1 }, width));

  function render() {
    if (!dirty || document.hidden) return;
    dirty = false;
    const title = [snapshot.scenario, snapshot.cluster, snapshot.model].filter(Boolean).join(' · ');
    if ($('title').textContent !== title) { $('title').textContent = title; document.title = `${title} · xpyd`; }
    status(); figures(snapshot); banner(snapshot); window.xpydExplain.update(snapshot);
    window.xpydTopology.update(snapshot);
    window.xpydControls.update(snapshot);
    charts.forEach(draw => draw());
    document.documentElement.dataset.ready = 'true';
  }

  document.addEventListener('visibilitychange', render);
  window.xpydWords.show($('words'));
  $('theme').addEventListener('click', () => { const choice = c.isDark() ? 'light' : 'dark'; localStorage.setItem('xpyd-theme', choice); c.theme(choice); });
  const kept = localStorage.getItem('xpyd-theme');
  if (kept) c.theme(kept);
  connect();
})();
