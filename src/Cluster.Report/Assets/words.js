// The words of the field, in a sentence each, for report.html and the console alike.
(function () {
  'use strict';
  const hops = {
    tokenize: 'the gateway itself takes its time', route: 'the router, or the host it runs on, takes its time',
    prefill_queue: 'prompts wait for an instance to compute them: more prefill instances shorten it',
    prefill: 'prompts are being computed: more GPUs per instance, or prompts found in cache, shorten it',
    kv_alloc: 'computed prompts wait for KV blocks on a decode instance: more KV memory, or fewer requests at once, shorten it',
    kv_transfer: 'KV crosses the link: a faster link or layer-wise overlap shortens it',
    decode_queue: 'computed prompts wait for the step in progress or a slot in the batch: more decode instances shorten it',
  };
  const walls = {
    idle: 'no step in the last seconds', compute: 'the GPUs’ arithmetic is the limit', bandwidth: 'reading weights and KV from HBM is the limit',
    capacity: 'KV blocks run out, requests wait for memory', network: 'collectives inside an instance, or KV between instances, are the limit',
    host: 'the host’s time per step is the limit: scheduling, launches, sampling', contention: 'requests wait for a batch slot or token budget',
    imbalance: 'some instances queue while others of the pool idle',
  };
  const glossary = [
    ['TTFT', 'time to first token: a request arrives at the gateway → its first token leaves.'],
    ['TPOT', 'time per output token: what one request takes for each token after the first, on average.'],
    ['ITL', 'inter-token latency: the gap between two successive tokens (those of one step count once). Its tail is felt as stutter.'],
    ['E2E', 'a request arrives → its last token leaves.'],
    ['p50, p90, p99', 'half, 90 or 99 of 100 requests were at least so fast.'],
    ['SLO, objective', 'the longest TTFT, TPOT or E2E that was asked for.'],
    ['goodput', 'requests per second that met every objective: what decides who wins.'],
    ['prefill, decode', 'prefill computes a whole prompt at once and is bound by arithmetic, as a rule; decode makes one token a step for every request of its batch, and is bound by memory bandwidth.'],
    ['2P2D; aggregated', 'two prefill and two decode instances, KV crosses a link between them; aggregated: each instance does both, and a prompt in a step delays the tokens in it.'],
    ['instance, pool', 'a copy of the model over its GPUs; those of one kind.'],
    ['KV cache, block', 'what attention keeps of each token, in memory blocks; blocks kept after a request can be hit by the next with the same beginning (prefix hit).'],
    ['hop', 'one part of TTFT. The hops add up to it.'],
    ['wall, lever', 'the resource that binds; a change that moves it. A lever that moves another wall changes nothing.'],
    ['roofline', 'the speed that arithmetic and memory allow, by how much is computed per byte read.'],
    ['regret', 'TTFT that another placement would have saved.'],
    ['emulated time', 'the modelled cluster’s time; × says how many of its seconds pass in one of yours. Late steps are those that this host could not end in time.'],
  ];
  function show(into) {
    const list = document.createElement('dl');
    list.append(...glossary.flatMap(([word, meaning]) => { const t = document.createElement('dt'), d = document.createElement('dd'); t.textContent = word; d.textContent = meaning; return [t, d]; }));
    into.append(list);
  }
  window.xpydWords = { hops, walls, show };
})();
