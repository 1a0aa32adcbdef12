// The language of the report's page: docs/spec/report.md, section 1. Whatever is put into
// the page is text: it is escaped.
import { refuse } from './bytes.mjs';

const escapes = { '\0': '\ufffd', '"': '&#34;', '&': '&amp;', "'": '&#39;', '+': '&#43;', '<': '&lt;', '>': '&gt;' };
const escape = (s) => String(s).replace(/[\0"&'+<>]/g, (c) => escapes[c]);

// render puts data into a page. functions are those that actions may name.
export function render(page, data, functions) {
  const parts = page.split(/\{\{(.*?)\}\}/s); // text and actions in turn
  const templates = {};
  const tree = parse(parts, 0, templates).list;
  return print(tree, data, { templates, functions });
}

// parse reads parts up to the end or else of the action that it is in.
function parse(parts, at, templates) {
  const list = [];
  for (; at < parts.length; at++) {
    if (at % 2 === 0) {
      list.push(parts[at]);
      continue;
    }
    const [word, name, of] = parts[at].split(' ');
    if (word === 'end' || word === 'else') return { list, at, word };
    if (word !== 'define' && word !== 'range' && word !== 'if') {
      list.push(word === 'template' ? { template: name.slice(1, -1), of } : { call: name && word, value: name ?? word });
      continue;
    }
    const inner = parse(parts, at + 1, templates);
    const other = inner.word === 'else' ? parse(parts, inner.at + 1, templates) : { list: [], at: inner.at };
    at = other.at;
    if (word === 'define') templates[name.slice(1, -1)] = inner.list;
    else list.push({ [word]: name, then: inner.list, otherwise: other.list });
  }
  return { list, at };
}

const get = (data, path) => (path === '.' ? data : data[path.slice(1)]);
const filled = (v) => (Array.isArray(v) ? v.length > 0 : Boolean(v));

function print(tree, data, env) {
  return tree.map((n) => (typeof n === 'string' ? n : action(n, data, env))).join('');
}

function action(n, data, env) {
  if (n.template) return print(env.templates[n.template] ?? refuse('no such template'), get(data, n.of), env);
  if (n.if) return print(filled(get(data, n.if)) ? n.then : n.otherwise, data, env);
  if (n.range) {
    const list = get(data, n.range);
    return filled(list) ? list.map((e) => print(n.then, e, env)).join('') : print(n.otherwise, data, env);
  }
  const v = get(data, n.value);
  return escape(n.call ? env.functions[n.call](v) : v ?? '');
}
