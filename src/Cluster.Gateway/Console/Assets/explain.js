// What the figures mean: who wins and why, the longest hop, walls and levers, and what the router weighed.
(function () {
  'use strict';
  const c = window.xpydCharts, words = window.xpydWords, $ = id => document.getElementById(id);
  const el = (tag, props, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };
  const say = (id, text) => { if ($(id).textContent !== text) $(id).textContent = text; };
  const head = names => el('thead', {}, el('tr', {}, ...names.map(text => el('th', { scope: 'col', textContent: text }))));
  const narrow = matchMedia('(max-width: 900px)');

  // Best of a figure is green when it leads by more than 2 %: less is chance.
  const leads = (values, i, lower) => values.every((v, j) => j === i || (lower ? values[i] < v * .98 : values[i] > v * 1.02));
  const ms = value => value == null ? '–' : c.seconds(value);
  const perSecond = value => value == null ? '–' : c.unit(value, 'req/s');
  // Name, figure of a variant, figure of the live cluster, how it is written, whether less is better.
  const figures = [
    ['GPUs', v => v.gpus, t => t.gpus, x => c.number(x, 4), null],
    ['Goodput', v => v.goodput_rps, t => t.goodput_rps, perSecond, false], ['TTFT p50', v => v.ttft_p50_ms, t => t.ttft_p50_ms, ms, true], ['TTFT p99', v => v.ttft_p99_ms, t => t.ttft_p99_ms, ms, true],
    ['TPOT p50', v => v.tpot_p50_ms, t => t.tpot_p50_ms, ms, true], ['TPOT p99', v => v.tpot_p99_ms, t => t.tpot_p99_ms, ms, true], ['ITL p99', v => v.itl_p99_ms, () => undefined, ms, true],
  ];
  const walls = (prefill, decode) => prefill === decode ? prefill : `${prefill} / ${decode}`;

  let compared = null;
  function comparison(s) {
    const pending = s.pending.includes('comparison');
    $('comparison').hidden = !s.comparison && !pending;
    if (!s.comparison) { if (pending) say('verdict', 'The scenario’s clusters are being run beside each other in virtual time…'); return; }
    const { verdict, why, variants } = s.comparison;
    if (compared !== verdict + why.join()) {
      compared = verdict + why.join();
      say('verdict', verdict);
      $('why').replaceChildren(...why.map(text => el('li', { textContent: text })));
    }
    // A column per figure where there is room, a row per figure where there is not.
    const cells = figures.map(([, read, live, format, lower]) => {
      const values = variants.map(read), now = live({ ...s.traffic, gpus: s.gpus });
      return variants.map((v, i) => el('td', { textContent: format(values[i]), className: lower !== null && variants.length > 1 && leads(values, i, lower) ? 'best' : '' })).concat(el('td', { textContent: now === undefined ? '' : format(now), className: 'live' }));
    });
    cells.push(variants.map(v => el('td', { textContent: walls(v.prefill_wall, v.decode_wall) })).concat(el('td', { className: 'live', textContent: walls(...Object.values(s.walls).concat(Object.values(s.walls)).slice(0, 2)) })));
    const names = figures.map(([name]) => name).concat('Walls'), across = !narrow.matches, rows = variants.map(v => v.name).concat(across ? `${s.cluster}, live now` : 'live now');
    const body = across
      ? rows.map((name, i) => el('tr', { className: i === variants.length ? 'live' : '' }, el('th', { scope: 'row', textContent: name }), ...cells.map(column => column[i])))
      : names.map((name, i) => el('tr', {}, el('th', { scope: 'row', textContent: name }), ...cells[i]));
    $('variants').className = across ? '' : 'upright';
    $('variants').replaceChildren(head([''].concat(across ? names : rows)), el('tbody', {}, ...body));
  }

  function longest(s) {
    const total = Object.values(s.hops_ms).reduce((a, b) => a + b, 0), [hop, time] = Object.entries(s.hops_ms).reduce((a, b) => b[1] > a[1] ? b : a, ['', 0]);
    if (total > 0) {
      const trust = s.emulator.late_share > 0.05 ? ' This host is late at the moment, so part of it is the host’s.' : '';
      say('longest', `Of ${c.seconds(total)} on average, ${c.hopNames[hop] ?? hop} takes ${c.seconds(time)} (${c.percent(time / total)}): ${words.hops[hop] ?? ''}.${trust}`);
    } else say('longest', s.traffic.completed > 0 ? 'No request ended in the last 10 seconds; the picture is the last there was.' : '');
  }

  let bound = null, pulled = null;
  function wallsAndLevers(s) {
    const walls = JSON.stringify(s.walls);
    if (bound !== walls) {
      bound = walls;
      $('walls').replaceChildren(...Object.entries(s.walls).map(([role, wall]) => el('li', {}, el('span', { className: `wall-chip wall-${wall}`, textContent: `${role}: ${wall}` }), ' ', words.walls[wall] ?? '')));
    }
    say('levers-note', s.levers.length ? '' : s.pending.includes('levers') ? 'The levers are being tried in virtual time…' : 'No lever was tried: start the cluster from a scenario to have them weighed.');
    const levers = JSON.stringify(s.levers);
    if (pulled === levers) return;
    pulled = levers;
    const rows = s.levers.slice(0, 6).map(l => el('tr', {}, el('td', { textContent: l.name }), el('td', { textContent: l.wall }), el('td', {}, l.effect, ...(l.trap ? [el('div', { className: 'trap', textContent: l.trap })] : []))));
    $('levers').replaceChildren(...(rows.length ? [head(['Lever', 'Wall', 'Effect']), el('tbody', {}, ...rows)] : []));
  }

  // A request that lost its instance is placed again.
  const idOf = d => d.request_id + (d.placement ? `, placed again` + (d.placement > 1 ? ` (${d.placement})` : '') : '');
  const open = new Set();
  let shown = null;
  function decisions(s) {
    const key = s.decisions.map(d => idOf(d) + (d.regret_ms == null ? '' : '!')).join(), box = $('decisions');
    if (key === shown || shown && (box.matches(':hover') || box.contains(document.activeElement))) return;
    shown = key;
    if (!s.decisions.length) { box.replaceChildren(el('div', { className: 'empty', textContent: 'No request has been routed yet.' })); shown = null; return; }
    box.replaceChildren(...s.decisions.map(d => {
      const item = el('details', { open: open.has(idOf(d)) });
      // Less than a millisecond is the noise of asking.
      const lost = d.better && d.regret_ms >= 1;
      const regret = d.regret_ms == null ? [] : [el('span', { className: lost ? 'regret' : 'chosen', textContent: lost ? `regret ${c.seconds(d.regret_ms)}, ${d.better} was better` : 'no regret' })];
      item.append(el('summary', {}, el('span', { textContent: `#${idOf(d)}` }), el('span', { textContent: d.decision }), el('span', { textContent: [d.prefill, d.decode].filter((x, i, all) => x && all.indexOf(x) === i).join(' → ') }), el('span', { textContent: `${d.prompt_tokens} tokens · ${d.policy}` }), ...regret));
      item.addEventListener('toggle', () => { if (item.open) { open.add(idOf(d)); fill(item, d); } else open.delete(idOf(d)); });
      if (item.open) fill(item, d);
      return item;
    }));
  }

  function fill(item, d) {
    if (item.querySelector('table')) return;
    const rows = [...d.candidates].sort((a, b) => (a.cost ?? Infinity) - (b.cost ?? Infinity)).map(x => el('tr', { className: x.chosen ? 'chosen' : '' }, ...[x.instance + (x.chosen ? ' ✓' : ''), x.role, x.cost === null ? 'out of the question' : c.number(x.cost, 4), String(x.matched_tokens)].map(t => el('td', { textContent: t }))));
    item.append(el('div', { className: 'scroll' }, el('table', {}, head(['Candidate', 'Role', 'Cost', 'Prompt tokens in its cache']), el('tbody', {}, ...rows))));
  }

  window.xpydExplain = { update: s => { comparison(s); longest(s); wallsAndLevers(s); decisions(s); } };
})();
