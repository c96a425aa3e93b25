// Writes packages/proto/src/gen from proto/: for each message an interface and its codec over protobufjs's wire reader and
// writer, for each service its methods. Plain interfaces, unions for oneofs and enums, checked 64-bit numbers: what
// protobufjs's own static code does not give (docs/decisions).
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import protobuf from 'protobufjs';

const ROOT = join(import.meta.dirname, '..');
const PROTO = join(ROOT, 'proto');
const OUT = join(ROOT, 'packages/proto/src/gen');

type Scalar = {
  readonly type: string;
  readonly empty: string;
  read(r: string): string;
  write(w: string, v: string): string;
  readonly wire: number;
};

const scalar = (type: string, empty: string, name: string, wire: number): Scalar => ({
  type,
  empty,
  wire,
  read: (r) => `${r}.${name}()`,
  write: (w, v) => `${w}.${name}(${v})`,
});

const SCALARS: Readonly<Record<string, Scalar>> = {
  uint32: scalar('number', '0', 'uint32', 0),
  int32: scalar('number', '0', 'int32', 0),
  bool: scalar('boolean', 'false', 'bool', 0),
  string: scalar('string', "''", 'string', 2),
  bytes: scalar('Uint8Array', 'NO_BYTES', 'bytes', 2),
  double: scalar('number', '0', 'double', 1),
  int64: {
    type: 'number',
    empty: '0',
    wire: 0,
    read: (r) => `int64Read(${r})`,
    write: (w, v) => `int64Write(${w}, ${v})`,
  },
};

/** One field of a message, as the generator sees it. */
interface FieldModel {
  readonly name: string;
  readonly id: number;
  readonly doc: string;
  readonly kind: 'one' | 'optional' | 'repeated' | 'map';
  readonly type: Scalar | EnumModel | MessageModel;
}
interface EnumModel {
  readonly enum: string;
}
interface MessageModel {
  readonly message: string;
}

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (target.startsWith('/') ? target : join(PROTO, target));
root.loadSync(
  protoFiles(PROTO).map((file) => join(PROTO, file)),
  { keepCase: false, alternateCommentMode: true },
);
root.resolveAll();

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const modules: string[] = [];
for (const namespace of leaves(root)) {
  const module = moduleName(namespace);
  modules.push(module);
  writeFileSync(join(OUT, `${module}.ts`), generate(namespace));
}

function protoFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.proto'))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

/** Namespaces that hold messages. */
function leaves(namespace: protobuf.NamespaceBase): protobuf.NamespaceBase[] {
  const nested = namespace.nestedArray.filter(
    (child): child is protobuf.Namespace => child.constructor === protobuf.Namespace,
  );
  const own = namespace.nestedArray.some((child) => child instanceof protobuf.Type) ? [namespace] : [];
  return [...own, ...nested.flatMap(leaves)];
}

/** moldau.metadata.v1 -> metadata-v1 */
function moduleName(namespace: protobuf.NamespaceBase): string {
  return namespace.fullName.replace(/^\.moldau\./, '').replaceAll('.', '-');
}

function generate(namespace: protobuf.NamespaceBase): string {
  const imports = new Map<string, Set<string>>();
  const refer = (target: protobuf.ReflectionObject): string => {
    const parent = target.parent as protobuf.NamespaceBase;
    if (parent !== namespace) {
      const module = moduleName(parent);
      const names = imports.get(module) ?? new Set();
      imports.set(module, names);
      if (target instanceof protobuf.Enum) names.add(`type ${target.name}`).add(`${lowerFirst(target.name)}Codec`);
      else names.add(target.name);
    }
    return target.name;
  };
  const body: string[] = [];
  // A const must stand before what uses it at load time: services name messages, messages the empty value of an enum.
  for (const child of namespace.nestedArray) if (child instanceof protobuf.Enum) body.push(enumCode(child));
  for (const child of namespace.nestedArray) if (child instanceof protobuf.Type) body.push(messageCode(child, refer));
  for (const child of namespace.nestedArray)
    if (child instanceof protobuf.Service) body.push(serviceCode(child, refer));
  const code = body.join('\n');
  const head = ['// Generated from proto/ by `npm run gen`. Not edited by hand.'];
  const base = ['StreamMethod', 'UnaryMethod'].filter((name) => code.includes(`${name}<`));
  if (base.length > 0) head.push(`import type { ${base.join(', ')} } from '@moldau/base';`);
  const codec = [
    'lengthDelimitedEnd',
    'readMapEntry',
    'type MessageCodec',
    'messageCodec',
    'readNested',
    'writeNested',
  ].filter((name) => code.includes(name.replace('type ', '')));
  head.push(`import { ${codec.join(', ')} } from '../codec.ts';`);
  if (/int64(Read|Write)/.test(code)) head.push("import { int64Read, int64Write } from '../int64.ts';");
  if (code.includes('enumCodec(')) head.push("import { type EnumCodec, enumCodec } from '../enum-codec.ts';");
  for (const [module, names] of [...imports].sort()) {
    head.push(`import { ${[...names].sort().join(', ')} } from './${module}.ts';`);
  }
  if (code.includes('NO_BYTES')) head.push('', 'const NO_BYTES = new Uint8Array(0);');
  return `${head.join('\n')}\n\n${code}`;
}

function enumCode(type: protobuf.Enum): string {
  const prefix = `${type.name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()}_`;
  const values = Object.entries(type.values).map(
    ([name, id]) => [name.replace(prefix, '').toLowerCase().replaceAll('_', '-'), id] as const,
  );
  const union = values.map(([name]) => `'${name}'`).join(' | ');
  const table = values.map(([name, id]) => `[${id}, '${name}']`).join(', ');
  return `${doc(type.comment)}export type ${type.name} = ${union};
export const ${lowerFirst(type.name)}Codec: EnumCodec<${type.name}> = enumCodec([${table}]);
`;
}

function messageCode(type: protobuf.Type, refer: (target: protobuf.ReflectionObject) => string): string {
  const oneofs = type.oneofsArray.filter((oneof) => !oneof.name.startsWith('_'));
  const inOneof = new Set(oneofs.flatMap((oneof) => oneof.fieldsArray));
  const fields = type.fieldsArray.filter((field) => !inOneof.has(field)).map((field) => fieldModel(field, refer));
  const unions = oneofs.map((oneof) => ({
    name: oneof.name,
    fields: oneof.fieldsArray.map((field) => fieldModel(field, refer)),
  }));
  const lines = [
    `${doc(type.comment)}export interface ${type.name} {`,
    ...fields.map((field) => `${doc(field.doc, '  ')}  readonly ${field.name}: ${fieldType(field)};`),
    ...unions.map(
      (union) =>
        `  readonly ${union.name}:\n${union.fields.map((field) => `    | { readonly kind: '${field.name}'; readonly value: ${elementType(field)} }\n`).join('')}    | undefined;`,
    ),
    '}',
    `export const ${type.name}: MessageCodec<${type.name}> = messageCodec<${type.name}>({`,
    `  empty: () => ({ ${[...fields.map((field) => `${field.name}: ${emptyOf(field)}`), ...unions.map((union) => `${union.name}: undefined`)].join(', ')} }),`,
    `  write(${fields.length + unions.length > 0 ? 'w, m' : ''}) {`,
    ...fields.map((field) => `    ${writeField(field)}`),
    ...unions.map(
      (union) =>
        `    switch (m.${union.name}?.kind) {\n${union.fields.map((field) => `      case '${field.name}':\n        ${writeElement(field, `m.${union.name}.value`)};\n        break;\n`).join('')}    }`,
    ),
    '  },',
    '  read(r, end) {',
    ...fields.map(
      (field) =>
        `    ${field.kind === 'repeated' || field.kind === 'map' ? 'const' : 'let'} ${field.name}: ${mutableType(field)} = ${emptyOf(field)};`,
    ),
    ...unions.map((union) => `    let ${union.name}: ${type.name}['${union.name}'];`),
    '    while (r.pos < end) {',
    '      const tag = r.uint32();',
    '      switch (tag) {',
    ...fields.flatMap(readField),
    ...unions.flatMap((union) =>
      union.fields.map(
        (field) =>
          `        case ${tagOf(field)}:\n          ${union.name} = { kind: '${field.name}', value: ${readElement(field)} };\n          break;`,
      ),
    ),
    '        default:',
    '          r.skipType(tag & 7);',
    '      }',
    '    }',
    `    return { ${[...fields, ...unions].map((field) => field.name).join(', ')} };`,
    '  },',
    '});',
    '',
  ];
  return lines.join('\n');
}

function fieldModel(field: protobuf.Field, refer: (target: protobuf.ReflectionObject) => string): FieldModel {
  const known = SCALARS[field.type];
  const resolved = field.resolvedType;
  if (!known && !resolved) throw new Error(`${field.fullName}: the generator does not know ${field.type}`);
  const type =
    known ??
    (resolved instanceof protobuf.Enum ? { enum: refer(resolved) } : { message: refer(resolved as protobuf.Type) });
  if (field.map && field.type !== 'string')
    throw new Error(`${field.fullName}: the generator knows maps of strings alone`);
  const optional = field.partOf?.name.startsWith('_') || (!field.repeated && !field.map && 'message' in type);
  const kind = field.map ? 'map' : field.repeated ? 'repeated' : optional ? 'optional' : 'one';
  return { name: field.name, id: field.id, doc: field.comment ?? '', kind, type };
}

function elementType(field: FieldModel): string {
  if ('enum' in field.type) return field.type.enum;
  return 'message' in field.type ? field.type.message : field.type.type;
}

function fieldType(field: FieldModel): string {
  const type = elementType(field);
  switch (field.kind) {
    case 'one':
      return type;
    case 'optional':
      return `${type} | undefined`;
    case 'repeated':
      return `readonly ${type}[]`;
    case 'map':
      return 'ReadonlyMap<string, string>';
  }
}

function mutableType(field: FieldModel): string {
  return fieldType(field)
    .replace(/^readonly /, '')
    .replace(/^Readonly/, '');
}

function emptyOf(field: FieldModel): string {
  switch (field.kind) {
    case 'optional':
      return 'undefined';
    case 'repeated':
      return '[]';
    case 'map':
      return 'new Map()';
    case 'one':
      return 'enum' in field.type ? `${lowerFirst(field.type.enum)}Codec.empty` : (field.type as Scalar).empty;
  }
}

function wireOf(field: FieldModel): number {
  if ('enum' in field.type) return 0;
  return 'message' in field.type ? 2 : field.type.wire;
}

function tagOf(field: FieldModel): number {
  return field.id * 8 + (field.kind === 'map' ? 2 : wireOf(field));
}

function writeElement(field: FieldModel, value: string): string {
  if ('message' in field.type) return `writeNested(w, ${tagOf(field)}, ${field.type.message}, ${value})`;
  return writeValue(field, `w.uint32(${tagOf(field)})`, value);
}

function writeValue(field: FieldModel, writer: string, value: string): string {
  if ('enum' in field.type) return `${writer}.int32(${lowerFirst(field.type.enum)}Codec.number(${value}))`;
  return (field.type as Scalar).write(writer, value);
}

function writeField(field: FieldModel): string {
  const value = `m.${field.name}`;
  switch (field.kind) {
    case 'map':
      return `for (const [key, value] of ${value}) w.uint32(${tagOf(field)}).fork().uint32(10).string(key).uint32(18).string(value).ldelim();`;
    case 'optional':
      return `if (${value} !== undefined) ${writeElement(field, value)};`;
    case 'repeated':
      if (wireOf(field) === 2) return `for (const item of ${value}) ${writeElement(field, 'item')};`;
      return `if (${value}.length > 0) {\n      w.uint32(${field.id * 8 + 2}).fork();\n      for (const item of ${value}) ${writeValue(field, 'w', 'item')};\n      w.ldelim();\n    }`;
    case 'one': {
      const present = elementType(field) === 'Uint8Array' ? `${value}.length > 0` : `${value} !== ${emptyOf(field)}`;
      return `if (${present}) ${writeElement(field, value)};`;
    }
  }
}

function readElement(field: FieldModel): string {
  if ('message' in field.type) return `readNested(r, ${field.type.message})`;
  if ('enum' in field.type) return `${lowerFirst(field.type.enum)}Codec.name(r.int32())`;
  return field.type.read('r');
}

function readField(field: FieldModel): string[] {
  const at = (tag: number, code: string): string => `        case ${tag}:\n          ${code}\n          break;`;
  if (field.kind === 'map') return [at(tagOf(field), `readMapEntry(r, ${field.name});`)];
  if (field.kind !== 'repeated') return [at(tagOf(field), `${field.name} = ${readElement(field)};`)];
  const one = at(tagOf(field), `${field.name}.push(${readElement(field)});`);
  if (wireOf(field) === 2) return [one];
  const packed = `for (const until = lengthDelimitedEnd(r); r.pos < until; ) ${field.name}.push(${readElement(field)});`;
  return [one, at(field.id * 8 + 2, packed)];
}

function serviceCode(service: protobuf.Service, refer: (target: protobuf.ReflectionObject) => string): string {
  const methods = service.methodsArray.map((method) => {
    const request = refer(method.resolvedRequestType as protobuf.Type);
    const response = refer(method.resolvedResponseType as protobuf.Type);
    if (Boolean(method.requestStream) !== Boolean(method.responseStream)) {
      throw new Error(`${method.fullName}: a stream goes both ways here`);
    }
    const kind = method.requestStream ? 'stream' : 'unary';
    const path = `/${service.fullName.slice(1)}/${method.name}`;
    return {
      doc: doc(method.comment, '  '),
      type: `${kind === 'stream' ? 'StreamMethod' : 'UnaryMethod'}<${request}, ${response}>`,
      name: lowerFirst(method.name),
      value: `{ kind: '${kind}', path: '${path}', request: ${request}, response: ${response} }`,
    };
  });
  return [
    `${doc(service.comment)}export const ${service.name}Service: {`,
    ...methods.map((method) => `${method.doc}  readonly ${method.name}: ${method.type};`),
    '} = {',
    ...methods.map((method) => `  ${method.name}: ${method.value},`),
    '};',
    '',
  ].join('\n');
}

function doc(comment: string | null, indent = ''): string {
  if (!comment) return '';
  const lines = comment.split('\n').map((line) => line.trim());
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
