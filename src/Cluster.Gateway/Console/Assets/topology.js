// Instances as tiles, KV in flight as lines between them. Tiles are kept and changed in place, so that 64 of them stay smooth.
(function () {
  'use strict';
  const SVG = 'http://www.w3.org/2000/svg', order = ['prefill', 'aggregated', 'decode'];
  const c = window.xpydCharts, root = document.getElementById('topology'), detail = document.getElementById('detail');
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('aria-hidden', 'true');
  root.append(svg);
  const pools = new Map(), tiles = new Map(), flows = new Map();
  let selected = null, latest = null;

  function set(node, property, value) { if (node[property] !== value) node[property] = value; }

  function poolOf(instance) {
    if (pools.has(instance.pool)) return pools.get(instance.pool);
    const box = document.createElement('div'), title = document.createElement('h3'), grid = document.createElement('div');
    box.className = 'pool'; grid.className = 'tiles'; box.append(title, grid);
    const pool = { box, title, grid, rank: order.indexOf(instance.role) };
    const after = [...pools.values()].filter(p => p.rank > pool.rank).sort((a, b) => a.rank - b.rank)[0];
    root.insertBefore(box, after ? after.box : null);
    pools.set(instance.pool, pool);
    return pool;
  }

  function tileOf(instance) {
    if (tiles.has(instance.name)) return tiles.get(instance.name);
    const tile = document.createElement('button'), name = document.createElement('b'), pool = document.createElement('i'), number = document.createTextNode(''), load = document.createElement('span'), bar = document.createElement('div'), used = document.createElement('i'), cached = document.createElement('i');
    tile.type = 'button'; bar.className = 'kv'; bar.append(used, cached); name.append(pool, number); tile.append(name, load, bar);
    // Where there are many on a narrow window, the pool's heading says the first half of the name.
    const dash = instance.name.startsWith(instance.pool + '-') ? instance.pool.length + 1 : 0;
    pool.textContent = instance.name.slice(0, dash); number.data = instance.name.slice(dash);
    tile.addEventListener('click', () => select(selected === instance.name ? null : instance.name));
    poolOf(instance).grid.append(tile);
    const entry = { tile, load, used, cached };
    tiles.set(instance.name, entry);
    return entry;
  }

  function select(name) {
    selected = name;
    for (const [n, t] of tiles) t.tile.setAttribute('aria-pressed', String(n === selected));
    describe();
    document.dispatchEvent(new CustomEvent('instance-selected', { detail: name }));
  }

  function describe() {
    const i = latest?.instances.find(x => x.name === selected);
    set(detail, 'textContent', i ? `${i.name} (${i.state}) on ${i.hardware || 'unknown hardware'}: ${i.running} running, ${i.waiting} waiting, KV ${c.percent(i.kv_usage)} in use, prefix hits ${c.percent(i.prefix_hit_rate)}, ${c.unit(i.tokens_per_s, 'tokens/s')}, wall: ${i.wall}.` : '');
  }

  const key = document.getElementById('wall-legend');
  function legend(snapshot) {
    const walls = [...new Set(snapshot.instances.map(i => i.wall))].sort();
    if (key.dataset.walls === walls.join()) return;
    key.dataset.walls = walls.join();
    key.replaceChildren(...walls.map(w => { const chip = document.createElement('span'); chip.className = 'wall-' + w; chip.textContent = `${w}: ${window.xpydWords.walls[w] ?? ''}`; return chip; }));
  }

  function update(snapshot) {
    latest = snapshot;
    const largest = Math.max(0, ...[...pools.keys()].map(name => snapshot.instances.filter(i => i.pool === name).length));
    const many = snapshot.instances.length > 24;
    root.classList.toggle('many', many);
    root.classList.toggle('few', pools.size > 1 && largest <= 6);
    legend(snapshot);
    const seen = new Set();
    for (const i of snapshot.instances) {
      seen.add(i.name);
      const t = tileOf(i);
      set(t.load, 'textContent', i.state !== 'ready' ? i.state : !many ? `${i.running} run · ${i.waiting} wait` : i.waiting ? `${i.running} + ${i.waiting} wait` : `${i.running} run`);
      set(t.tile, 'className', `tile wall-${i.wall} ${i.state}`);
      set(t.tile, 'title', `${i.name}: ${i.running} running, ${i.waiting} waiting, KV ${c.percent(i.kv_usage)}, wall ${i.wall}`);
      set(t.tile, 'ariaLabel', `${i.name}, ${i.state}, wall ${i.wall}`);
      const used = (100 * i.kv_usage).toFixed(1) + '%', cached = (100 * i.kv_cached).toFixed(1) + '%';
      if (t.used.style.width !== used) t.used.style.width = used;
      if (t.cached.style.width !== cached) t.cached.style.width = cached;
    }
    for (const [name, t] of tiles) if (!seen.has(name)) { t.tile.remove(); tiles.delete(name); if (selected === name) select(null); }
    for (const [name, pool] of pools) {
      const members = snapshot.instances.filter(i => i.pool === name);
      if (!members.length) { pool.box.remove(); pools.delete(name); continue; }
      set(pool.title, 'textContent', `${name} · ${members.length}`);
    }
    describe();
    links(snapshot);
    requestAnimationFrame(() => draw(snapshot.flows.slice(0, 80)));
  }

  function links({ links: all, instances }) {
    const text = all.map(l => `${l.name}: ${c.unit(l.bytes_per_s, 'B/s')} of KV` + (l.busiest_port ? `; the busiest port, ${l.busiest_port}, is ${c.percent(l.utilization)} used` : '') + (l.active_transfers ? `; ${l.active_transfers} transfers on their way` : '')).join('. ');
    set(document.getElementById('links'), 'textContent', all.length ? text + '.' : instances.some(i => i.role === 'prefill') ? '' : 'No link: each instance computes prompts and tokens itself.');
  }

  function draw(list) {
    const origin = root.getBoundingClientRect(), alive = new Set();
    const most = Math.max(1, ...list.map(f => f.bytes_per_s));
    for (const f of list) {
      const from = tiles.get(f.from)?.tile.getBoundingClientRect(), to = tiles.get(f.to)?.tile.getBoundingClientRect();
      if (!from || !to) continue;
      const key = f.from + '→' + f.to;
      alive.add(key);
      let path = flows.get(key);
      if (!path) { path = document.createElementNS(SVG, 'path'); path.setAttribute('class', 'flow'); svg.append(path); flows.set(key, path); }
      const source = tiles.get(f.from).tile.closest('.pool').getBoundingClientRect(), sink = tiles.get(f.to).tile.closest('.pool').getBoundingClientRect();
      const beside = sink.left > source.right - 1;
      const [x1, y1, x2, y2] = beside
        ? [source.right - origin.left, from.top + from.height / 2 - origin.top, sink.left - origin.left, to.top + to.height / 2 - origin.top]
        : [from.left + from.width / 2 - origin.left, from.bottom - origin.top, to.left + to.width / 2 - origin.left, to.top - origin.top];
      const d = beside ? `M${x1},${y1} C${(x1 + x2) / 2},${y1} ${(x1 + x2) / 2},${y2} ${x2},${y2}` : `M${x1},${y1} C${x1},${(y1 + y2) / 2} ${x2},${(y1 + y2) / 2} ${x2},${y2}`;
      if (path.getAttribute('d') !== d) path.setAttribute('d', d);
      path.style.strokeWidth = (1 + 4 * Math.sqrt(f.bytes_per_s / most)).toFixed(1);
    }
    for (const [key, path] of flows) if (!alive.has(key)) { path.remove(); flows.delete(key); }
  }

  window.xpydTopology = { update };
})();
