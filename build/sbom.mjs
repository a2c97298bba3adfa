// Writes a CycloneDX 1.6 bill of materials of the command: node build/sbom.mjs [FILE]. Needs a restored src/Cluster.Cli.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = process.argv[2] ?? join(root, 'artifacts', 'sbom.json');
const version = readFileSync(join(root, 'Directory.Build.props'), 'utf8').match(/<Version>(.+)<\/Version>/)[1];
const echarts = readFileSync(join(root, 'src/Cluster.Report/Assets/echarts/README.md'), 'utf8').match(/npm `echarts` ([\d.]+)/)[1];
const listed = JSON.parse(execFileSync('dotnet', ['list', join(root, 'src/Cluster.Cli'), 'package', '--include-transitive', '--format', 'json'], { encoding: 'utf8' }));
const notices = readFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), 'utf8');
const packages = listed.projects.flatMap(p => p.frameworks ?? []).flatMap(f => [...(f.topLevelPackages ?? []), ...(f.transitivePackages ?? [])]);

const license = id => notices.match(new RegExp(`^\\| ${id.replaceAll('.', '\\.')} \\|[^|]*\\| ([^|]+) \\|`, 'mi'))?.[1].trim();
const licenses = text => text === undefined ? {} : { licenses: [text.includes(' OR ') ? { expression: text } : { license: { id: text } }] };
const components = packages.map(({ id, resolvedVersion }) => ({
  type: 'library', 'bom-ref': `pkg:nuget/${id}@${resolvedVersion}`, name: id, version: resolvedVersion, purl: `pkg:nuget/${id}@${resolvedVersion}`,
  ...licenses(license(id)),
})).sort((a, b) => a.purl < b.purl ? -1 : 1);
components.push(
  { type: 'library', 'bom-ref': `pkg:npm/echarts@${echarts}`, name: 'echarts', version: echarts, purl: `pkg:npm/echarts@${echarts}`, licenses: [{ license: { id: 'Apache-2.0' } }] },
  { type: 'data', 'bom-ref': 'pkg:npm/tiktoken@1.0.22', name: 'tiktoken', version: '1.0.22', purl: 'pkg:npm/tiktoken@1.0.22', licenses: [{ license: { id: 'MIT' } }] });

mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, JSON.stringify({
  bomFormat: 'CycloneDX', specVersion: '1.6', version: 1,
  metadata: { component: { type: 'application', 'bom-ref': 'xpyd', name: 'xpyd', version, licenses: [{ license: { id: 'MIT' } }] } },
  components,
  dependencies: [{ ref: 'xpyd', dependsOn: components.map(c => c['bom-ref']) }],
}, null, 2) + '\n');
console.log(`${target}: ${components.length} components.`);
