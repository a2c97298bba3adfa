// The official Node SDK against a gateway: prints one JSON document that the test looks at.
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.argv[2] + 'v1', apiKey: 'any', maxRetries: 0 });
const messages = [{ role: 'user', content: 'Hi' }];

const whole = await client.chat.completions.create({ model: 'echo', messages, max_tokens: 10 });

let pieces = 0;
let usage = null;
let finish = null;
const stream = await client.chat.completions.create({
  model: 'echo', messages, max_tokens: 10, stream: true, stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  if (chunk.choices[0]?.delta?.content) pieces++;
  finish = chunk.choices[0]?.finish_reason ?? finish;
  usage = chunk.usage ?? usage;
}

const tools = [{
  type: 'function',
  function: {
    name: 'get_weather', function: ({ city }) => `Rain in ${city}`, parse: JSON.parse,
    parameters: { type: 'object', properties: { city: { enum: ['Ulm', 'Łódź'] } }, required: ['city'] },
  },
}];

// The SDK's own agent loop: calls the function that the answer asks for, and asks again.
const agent = client.chat.completions.runTools({ model: 'echo', stream: true, messages: [{ role: 'user', content: 'How is the weather?' }], tools });
const agentSays = await agent.finalContent();
const agentCalls = agent.messages.filter((m) => m.role === 'tool').map((m) => m.content);

const person = await client.chat.completions.parse({
  model: 'echo', messages,
  response_format: { type: 'json_schema', json_schema: { name: 'person', strict: true, schema: {
    type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 18, maximum: 99 } }, required: ['name', 'age'], additionalProperties: false,
  } } },
});

const response = await client.responses.create({ model: 'echo', input: 'Hi', instructions: 'Be brief.', max_output_tokens: 10 });

// The SDK's helper puts the events together itself, and fails on one that does not fit the last.
const events = client.responses.stream({ model: 'echo', input: 'Hi' });
let deltas = '';
events.on('response.output_text.delta', (event) => { deltas += event.delta; });
const streamed = await events.finalResponse();

const called = await client.responses.stream({
  model: 'echo', input: 'How is the weather?', tools: [{ type: 'function', name: 'get_weather', strict: true, parameters: tools[0].function.parameters }],
}).finalResponse();

const point = await client.responses.parse({
  model: 'echo', input: 'Where?',
  text: { format: { type: 'json_schema', name: 'point', strict: true, schema: { type: 'object', properties: { y: { const: 7 } }, required: ['y'], additionalProperties: false } } },
});

const completion = await client.completions.create({ model: 'echo', prompt: [1, 2, 3], max_tokens: 4 });

// A helper that checks the order of events itself.
const helper = client.chat.completions.stream({ model: 'echo', messages, max_tokens: 6 });
const final = await helper.finalChatCompletion();

// Leaving early must not upset the server.
const left = await client.chat.completions.create({ model: 'echo', messages, max_tokens: 100000, stream: true });
for await (const _ of left) break;

const errors = [];
for (const ask of [
  () => client.chat.completions.create({ model: 'nope', messages }),
  () => client.chat.completions.create({ model: 'echo', messages, temperature: -1 }),
  () => client.responses.create({ model: 'echo', input: 'Hi', previous_response_id: response.id }),
  () => client.responses.retrieve(response.id),
]) {
  try {
    await ask();
  } catch (error) {
    errors.push({ name: error.constructor.name, status: error.status });
  }
}

const models = [];
for await (const model of client.models.list()) models.push(model.id);

console.log(JSON.stringify({
  wholeTokens: whole.usage.completion_tokens, wholeFinish: whole.choices[0].finish_reason, pieces, finish, usage,
  completionTokens: completion.usage.completion_tokens, finalContent: final.choices[0].message.content,
  responseTokens: response.usage.output_tokens, responseText: response.output_text, responseWhy: response.incomplete_details.reason,
  deltas, streamedText: streamed.output[0].content[0].text, streamedStatus: streamed.status, called: called.output.map((c) => [c.type, c.name, c.arguments]), point: point.output_parsed,
  agentSays, agentCalls, person: JSON.parse(person.choices[0].message.content), errors, models,
}));
