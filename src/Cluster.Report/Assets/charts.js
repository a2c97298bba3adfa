// Chart options shared by report.html and the console. All drawing is Apache ECharts'.
(function () {
  'use strict';
  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const palette = () => [1, 2, 3, 4, 5, 6, 7, 8].map(i => css('--series-' + i));
  const hopNames = { tokenize: 'tokenize', route: 'route', prefill_queue: 'prefill queue', prefill: 'prefill', kv_alloc: 'kv alloc', kv_transfer: 'kv transfer', decode_queue: 'decode queue' };
  const mounted = new Set();

  function number(value, digits = 3) {
    if (value === null || value === undefined || !Number.isFinite(value)) return '–';
    if (value === 0) return '0';
    const scale = [[1e15, 'P'], [1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']].find(s => Math.abs(value) >= s[0]);
    const short = scale ? value / scale[0] : value;
    return Number(short.toPrecision(digits)).toString() + (scale ? ' ' + scale[1] : '');
  }
  const unit = (value, name) => { const text = number(value); return /[a-zA-Z]$/.test(text) && /^[A-Z]/.test(name) ? text + name : `${text} ${name}`; };
  const seconds = ms => ms >= 1000 ? number(ms / 1000) + ' s' : number(ms) + ' ms';
  const percent = ratio => Number.isFinite(ratio) ? (100 * ratio).toFixed(ratio < 0.1 ? 1 : 0) + ' %' : '–';

  const axis = (name, more) => Object.assign({
    name, nameLocation: 'middle', nameGap: 30, nameTextStyle: { color: css('--muted') },
    axisLabel: { color: css('--muted'), hideOverlap: true }, axisLine: { lineStyle: { color: css('--line') } }, splitLine: { lineStyle: { color: css('--grid') } },
    minorSplitLine: { show: false }
  }, more);
  // Rows that a wrapped legend takes: the plot begins below them, however narrow the window.
  const legendRows = (names, width) => {
    let rows = 1, used = 0;
    for (const name of names) {
      const wide = 30 + 6.6 * name.length;
      if (used > 0 && used + wide > width - 8) { rows++; used = 0; }
      used += wide;
    }
    return rows;
  };
  const below = (names, width) => 14 + 20 * legendRows(names, width);
  // A role looks the same in every picture, whatever else is in it.
  const roles = ['prefill', 'decode', 'aggregated'];
  const roleColor = name => { const at = roles.findIndex(role => name.includes(role)); return at < 0 ? undefined : css('--series-' + (at + 1)); };
  const base = more => Object.assign({
    color: palette(), animation: false, textStyle: { color: css('--text'), fontFamily: css('--font') }, aria: { enabled: true },
    grid: { left: 62, right: 18, top: 34, bottom: 48 },
    legend: { type: 'plain', top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: { color: css('--text') } },
    tooltip: { trigger: 'item', confine: true, backgroundColor: css('--panel'), borderColor: css('--line'), textStyle: { color: css('--text') } }
  }, more);
  const markLine = (value, label) => ({ silent: true, symbol: 'none', lineStyle: { color: css('--bad'), type: 'dashed' }, label: { formatter: label, color: css('--bad'), position: 'insideEndTop' }, data: [{ xAxis: value }] });

  // series: [{name, points: [[ms, share]]}]
  // 1, 2, 5 of each decade: what people read off a logarithmic axis.
  const ticks125 = (low, high) => {
    const all = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) for (const m of [1, 2, 5]) all.push(Number((m * 10 ** e).toPrecision(2)));
    const first = all.findLastIndex(v => v <= low), last = all.findIndex(v => v >= high);
    return all.slice(Math.max(0, first), last + 1);
  };
  const cdf = (series, objectiveMs) => {
    const times = series.flatMap(s => s.points.map(p => p[0])).concat(objectiveMs || []), shown = ticks125(Math.min(...times), Math.max(...times));
    return base({
    xAxis: axis('', { type: 'log', min: shown[0], max: shown.at(-1), axisTick: { customValues: shown }, splitLine: { show: false }, axisLabel: { customValues: shown, color: css('--muted'), formatter: seconds, hideOverlap: true } }),
    yAxis: axis('share of requests', { type: 'value', min: 0, max: 1, nameGap: 42, axisLabel: { color: css('--muted'), formatter: v => Math.round(v * 100) + ' %' } }),
    tooltip: Object.assign(base().tooltip, { trigger: 'axis', valueFormatter: percent, axisPointer: { label: { formatter: p => seconds(p.value) } } }),
    series: series.map((s, i) => ({ name: s.name, type: 'line', showSymbol: false, lineStyle: { width: 2, type: i % 2 ? [6, 3] : 'solid' }, data: s.points, markLine: i === 0 && objectiveMs ? markLine(objectiveMs, 'SLO ' + seconds(objectiveMs)) : undefined }))
    });
  };

  // rows: [{name, hops: {hop: ms}}]; the bars' parts follow each other as the request does.
  const waterfall = (rows, width) => base({
    grid: { left: 8, right: 24, top: below(Object.values(hopNames), width) + 4, bottom: 30, containLabel: true },
    xAxis: axis('', { type: 'value', axisLabel: { color: css('--muted'), formatter: seconds, hideOverlap: true } }),
    yAxis: axis('', { type: 'category', inverse: true, data: rows.map(r => r.name), axisLabel: { color: css('--text') } }),
    tooltip: Object.assign(base().tooltip, { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: seconds }),
    series: Object.keys(hopNames).map(hop => ({ name: hopNames[hop], type: 'bar', stack: 'ttft', barMaxWidth: 34, data: rows.map(r => r.hops[hop] ?? 0) }))
  });

  // roofs: [{name, flops, bytes}], groups: [{name, points: [[flop per byte, flop/s, tooltip]]}]; all: groups that the axes have to hold
  const roofline = (roofs, groups, width, all = groups) => {
    const xs = all.flatMap(g => g.points.map(p => p[0])).concat(roofs.map(r => r.flops / r.bytes)).filter(v => v > 0);
    const low = Math.pow(10, Math.floor(Math.log10(Math.min(...xs)))), high = Math.pow(10, Math.ceil(Math.log10(Math.max(...xs)) + 0.3));
    const ys = all.flatMap(g => g.points.map(p => p[1])).filter(v => v > 0);
    const floor = ys.length ? Math.pow(10, Math.floor(Math.log10(Math.min(...ys)))) : undefined;
    return base({
      grid: { left: 70, right: 18, top: below(roofs.map(r => 'roof: ' + r.name).concat(groups.map(g => g.name)), width), bottom: 48 },
      xAxis: axis('FLOP per HBM byte', { type: 'log', min: low, max: high, axisLabel: { color: css('--muted'), formatter: v => number(v), hideOverlap: true } }),
      yAxis: axis('FLOP/s per GPU', { type: 'log', min: floor, nameGap: 52, axisLabel: { color: css('--muted'), formatter: v => number(v) } }),
      series: roofs.map(r => ({
        name: 'roof: ' + r.name, type: 'line', showSymbol: false, lineStyle: { width: 2, color: css('--muted') }, itemStyle: { color: css('--muted') },
        data: [[Math.max(low, (floor ?? 1) / r.bytes), Math.max(low * r.bytes, floor ?? 0)], [r.flops / r.bytes, r.flops], [high, r.flops]]
      })).concat(groups.map((g, i) => ({
        name: g.name, type: 'scatter', symbol: ['circle', 'triangle', 'diamond', 'rect'][i % 4], symbolSize: 5, itemStyle: { opacity: .7, color: groups.length <= 3 ? roleColor(g.name) : undefined }, data: g.points,
        tooltip: { formatter: p => `${g.name}<br>${p.value[2] ?? ''}<br>${number(p.value[0])} FLOP/B, ${unit(p.value[1], 'FLOP/s')}` }
      })))
    });
  };

  // series: [{name, points: [[seconds, value or null]]}]; options: percent, max (of the axis), label, step, limit {value, name}
  const overTime = (series, options, width) => {
    const peak = series.reduce((most, s) => s.points.reduce((m, p) => Math.max(m, p[1] ?? 0), most), 0);
    // As many digits as tell neighbouring ticks apart.
    const digits = peak > 0 ? Math.max(0, Math.ceil(-Math.log10(100 * peak / 5))) : 0;
    const ticks = v => (100 * v).toFixed(digits) + ' %';
    const names = series.map(s => s.name), many = legendRows(names, width) > 3;
    return base({
      grid: { left: 58, right: 18, top: many ? 34 : below(names, width), bottom: 44 },
      legend: Object.assign(base().legend, many ? { type: 'scroll', right: 0 } : {}),
      xAxis: axis('emulated seconds', { type: 'value', min: 'dataMin', max: 'dataMax', axisLabel: { color: css('--muted'), hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: v => number(v, 4) } }),
      yAxis: axis(options.label ?? '', { type: 'value', min: 0, max: options.max && peak > 0.4 * options.max ? options.max : peak > 0 ? undefined : options.max, nameGap: 42, axisLabel: { color: css('--muted'), formatter: options.percent ? ticks : v => number(v) } }),
      tooltip: Object.assign(base().tooltip, { trigger: 'axis', order: 'valueDesc', valueFormatter: options.percent ? percent : v => number(v) }),
      series: series.map((s, i) => ({
        name: s.name, type: 'line', showSymbol: false, sampling: 'lttb', step: options.step ? 'end' : false, lineStyle: { width: 1.5, type: s.dashed ? [5, 4] : 'solid' }, data: s.points,
        markLine: i === 0 && options.limit ? { silent: true, symbol: 'none', lineStyle: { color: css('--bad'), type: 'dashed' }, label: { formatter: options.limit.name, color: css('--bad'), position: 'insideEndTop' }, data: [{ yAxis: options.limit.value }] } : undefined,
      }))
    });
  };

  // points: [{name, x, y, best}]
  const round3 = v => Number(v.toPrecision(2));
  // An axis that holds the differences of a percent alone would make them look like worlds.
  const honest = v => round3(Math.min(v.min * .95, v.max * .8)), roomy = v => round3(v.max * 1.06);
  const pareto = points => {
    const front = points.filter(p => p.best).sort((a, b) => a.x - b.x);
    const label = { show: points.length <= 12, position: 'top', formatter: p => p.value[2], color: css('--text') }, labelLayout = { hideOverlap: true, moveOverlap: 'shiftY' };
    return base({
      xAxis: axis('output tokens/s of one user (1 ÷ TPOT)', { type: 'value', min: honest, max: roomy, axisLabel: { color: css('--muted'), formatter: v => number(v, 4) } }),
      yAxis: axis('output tokens/s per GPU', { type: 'value', min: honest, max: roomy, nameGap: 48, axisLabel: { color: css('--muted'), formatter: v => number(v, 4) } }),
      tooltip: Object.assign(base().tooltip, { formatter: p => p.value[2] ? `${p.value[2]}<br>${number(p.value[0])} tok/s per user<br>${number(p.value[1])} tok/s per GPU` : '' }),
      series: [
        { name: 'Pareto front', type: 'line', step: 'start', symbol: 'circle', symbolSize: 10, showSymbol: true, lineStyle: { width: 2 }, data: front.map(p => [p.x, p.y, p.name]), label, labelLayout },
        { name: 'beaten', type: 'scatter', symbol: 'triangle', symbolSize: 10, data: points.filter(p => !p.best).map(p => [p.x, p.y, p.name]), label, labelLayout }
      ]
    });
  };

  // Draws make(width) into element, again when it is resized or the colours change. Returns a function that redraws.
  function mount(element, make, label) {
    const chart = echarts.init(element, null, { renderer: 'canvas' });
    element.setAttribute('role', 'img');
    element.setAttribute('aria-label', label);
    const draw = () => chart.setOption(make(element.clientWidth), { notMerge: true, lazyUpdate: true });
    let width = element.clientWidth;
    new ResizeObserver(() => { chart.resize(); if (element.clientWidth !== width) { width = element.clientWidth; draw(); } }).observe(element);
    mounted.add(draw);
    draw();
    return draw;
  }

  function theme(choice) {
    if (choice) document.documentElement.dataset.theme = choice; else delete document.documentElement.dataset.theme;
    mounted.forEach(draw => draw());
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => mounted.forEach(draw => draw()));
  const isDark = () => document.documentElement.dataset.theme ? document.documentElement.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;

  window.xpydCharts = { mount, theme, isDark, cdf, waterfall, roofline, overTime, pareto, number, unit, seconds, percent, hopNames };
})();
