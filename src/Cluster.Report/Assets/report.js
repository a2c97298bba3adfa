(function () {
  'use strict';
  const c = window.xpydCharts, data = JSON.parse(document.getElementById('data').textContent);
  const el = (tag, props, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };
  const cells = document.getElementById('cells');
  const variants = data.variants;

  function panel(title, hint, make, why, wide, height) {
    const box = el('section', { className: 'panel' + (wide ? ' wide' : '') }, el('h2', { textContent: title }), el('p', { className: 'hint', textContent: hint }));
    cells.append(box);
    if (why) { box.append(el('div', { className: 'empty', textContent: why })); return; }
    const chart = el('div', { className: 'chart' });
    if (height) chart.style.height = height + 'px';
    box.append(chart);
    c.mount(chart, make, title + '. ' + hint);
  }

  function summary() {
    const percentiles = (name, of) => ['p50', 'p90', 'p99'].map(p => [name + ' ' + p, v => of(v)[p], -1, c.seconds]);
    const rows = [
      ['Requests', v => v.requests, 0], ['Completed', v => v.completed, 0], ['Failed', v => v.failed, -1], ['GPUs', v => v.gpus, 0],
      ['Goodput, req/s', v => v.goodput_rps, 1], ['Output tokens/s', v => v.output_tokens_per_s, 1], ['Output tokens/s per GPU', v => v.gpus ? v.output_tokens_per_s / v.gpus : null, 1],
      ...percentiles('TTFT', v => v.ttft), ...percentiles('TPOT', v => v.tpot), ['ITL p99', v => v.distributions.itl.find(p => p[1] >= .99)?.[0], -1, c.seconds],
      ...percentiles('E2E', v => v.e2e), ['Prefix hit rate', v => v.prefix_hit_rate, 1, c.percent],
      ['$ per million output tokens', v => v.cost_per_million_tokens, -1], ['Wall of prefill', v => v.walls.prefill ?? '–', 0], ['Wall of decode', v => v.walls.decode ?? '–', 0]
    ];
    const body = el('tbody', {});
    for (const [name, read, better, format] of rows) {
      const values = variants.map(v => read(v)), shown = values.filter(Number.isFinite);
      const [low, high] = [Math.min(...shown), Math.max(...shown)];
      // Runs of one scenario differ by 2 % by chance alone: no winner within that.
      const best = better && shown.length > 1 && high - low > 0.02 * Math.abs(high) ? (better > 0 ? high : low) : null;
      const row = el('tr', {}, el('td', { textContent: name }));
      values.forEach(v => row.append(el('td', { className: v === best && best !== null ? 'best' : '', textContent: typeof v === 'string' ? v : v === null || v === undefined ? '–' : (format ?? (x => c.number(x, 4)))(v) })));
      body.append(row);
    }
    const bound = [...new Set(variants.flatMap(v => Object.values(v.walls)))].filter(wall => window.xpydWords.walls[wall]);
    const head = el('tr', {}, el('th', { scope: 'col', textContent: '' }), ...variants.map(v => el('th', { scope: 'col', textContent: v.name })));
    cells.append(el('section', { className: 'panel wide' }, el('h2', { textContent: 'Side by side' }), el('p', { className: 'hint', textContent: 'Green is better by more than 2 %. Times are emulated.' }),
      el('div', { className: 'scroll', tabIndex: 0 }, el('table', {}, el('thead', {}, head), body)), el('p', { className: 'hint after', textContent: bound.map(wall => `${wall}: ${window.xpydWords.walls[wall]}.`).join(' ') })));
  }

  const none = 'No request completed, so there is nothing to draw.';
  const with_ = read => variants.filter(v => read(v).length > 0);

  function latency(key, title, hint) {
    const shown = with_(v => v.distributions[key]);
    panel(title, hint, () => c.cdf(shown.map(v => ({ name: v.name, points: v.distributions[key] })), data.slo_ms[key]), shown.length ? null : none);
  }

  if (variants.length) summary();
  else cells.append(el('div', { className: 'empty wide', textContent: 'The run has no variants: nothing was started. Check the scenario and run it again.' }));
  if (variants.length) {
    latency('ttft', 'TTFT', 'Arrival to first token: share of requests that were at least so fast.');
    latency('tpot', 'TPOT', 'Time per output token after the first. Left and steep is good.');
    latency('itl', 'ITL', 'Gaps between successive tokens (tokens that drafting gives in one step count once): the tail is what users feel as stutter.');
    latency('e2e', 'E2E', 'Arrival to last token.');

    const hops = variants.filter(v => Object.values(v.hops_mean).some(x => x > 0));
    panel('Where TTFT goes', 'Mean and p99 request, hop by hop. The widest part is the one to shorten.',
      width => c.waterfall(hops.flatMap(v => [{ name: v.name + ' mean', hops: v.hops_mean }, { name: v.name + ' p99', hops: v.hops_p99 }]), width), hops.length ? null : none, true, 130 + 80 * hops.length);

    const all = variants.flatMap(v => v.roofline);
    for (const v of variants) {
      panel(variants.length > 1 ? 'Roofline: ' + v.name : 'Roofline', 'Each dot is a step. Under the slope HBM bandwidth binds, under the flat roof compute does; far below both, host time, network or a small batch.',
        width => c.roofline(data.roofs, v.roofline.map(g => ({ name: g.role, points: g.points })), width, all), v.roofline.some(g => g.points.length) ? null : 'No step was recorded.', variants.length === 1, 340);
    }
    for (const v of variants) {
      panel('KV occupancy: ' + v.name, 'Share of KV blocks held by requests. Flat at the top: capacity binds.', width => c.overTime(v.occupancy, { percent: true, step: true, max: 1 }, width), v.occupancy.length ? null : 'No occupancy was recorded.');
    }
    for (const v of variants) {
      panel('Link use: ' + v.name, 'Share of each link’s bandwidth in use.', width => c.overTime(v.links, { percent: true, step: true, max: 1 }, width), v.links.length ? null : v.disaggregated ? 'No transfer was recorded.' : 'Not disaggregated: no KV crosses a link.');
    }
    panel('Pareto', 'Up: more tokens per GPU. Right: faster for each user. What lies left below another point is beaten by it.', () => c.pareto(data.pareto), data.pareto.length ? null : none, true, 360);
  }

  const words = el('details', { className: 'panel wide' }, el('summary', { textContent: 'What do the words mean?' }));
  window.xpydWords.show(words);
  cells.append(words);

  const button = document.getElementById('theme');
  button.addEventListener('click', () => c.theme(c.isDark() ? 'light' : 'dark'));
  document.documentElement.dataset.ready = 'true';
})();
