#include "http/openapi.hpp"

namespace reelvault::http {

std::string docs_page() {
  return R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Reelvault API</title>
<style>
  :root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #e0e3e8; --ground: #fbfcfd; --card: #fff;
          --code: #f2f4f7; --get: #0b7285; --post: #2b8a3e; --put: #b35c00; --patch: #7048e8; --delete: #c92a2a; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6e8eb; --soft: #9ba1a6; --line: #2e3338; --ground: #121416; --card: #191c1f; --code: #22262a;
            --get: #66d9e8; --post: #8ce99a; --put: #ffc078; --patch: #b197fc; --delete: #ff8787; }
  }
  * { box-sizing: border-box; }
  body { margin: 0; font: 15px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
  header { position: sticky; top: 0; z-index: 1; display: flex; gap: 1rem; align-items: center; padding: .7rem 1.25rem;
           background: var(--card); border-bottom: 1px solid var(--line); }
  header h1 { font-size: 1.05rem; margin: 0; white-space: nowrap; }
  header input { flex: 1; max-width: 32rem; }
  input { font: inherit; padding: .35rem .7rem; border: 1px solid var(--line); border-radius: .5rem; color: inherit;
          background: var(--ground); }
  .layout { display: grid; grid-template-columns: 13rem minmax(0, 1fr); max-width: 78rem; margin: 0 auto; }
  nav { padding: 1.2rem; position: sticky; top: 3.3rem; align-self: start; }
  nav a { display: block; padding: .15rem 0; color: var(--soft); text-decoration: none; }
  nav a:hover { color: var(--ink); }
  main { padding: 1rem 1.25rem 5rem; min-width: 0; }
  h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; scroll-margin-top: 4rem; }
  h3 { font-size: .8rem; text-transform: uppercase; letter-spacing: .05em; color: var(--soft); margin: 1.1rem 0 .35rem; }
  details.route { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; margin: .45rem 0; scroll-margin-top: 4rem; }
  details.route > summary { list-style: none; cursor: pointer; padding: .5rem .8rem; display: flex; gap: .75rem; align-items: baseline; flex-wrap: wrap; }
  summary::-webkit-details-marker { display: none; }
  .inside { padding: 0 1rem 1rem; border-top: 1px solid var(--line); }
  .verb { font: 700 .74rem ui-monospace, monospace; min-width: 3.9rem; color: var(--soft); }
  .GET { color: var(--get); } .POST { color: var(--post); } .PUT { color: var(--put); } .PATCH { color: var(--patch); } .DELETE { color: var(--delete); }
  code, pre { font: .84rem/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; }
  .path { overflow-wrap: anywhere; }
  .note { color: var(--soft); margin-left: auto; }
  pre { background: var(--code); padding: .7rem .9rem; border-radius: .5rem; overflow-x: auto; margin: .3rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
  table { border-collapse: collapse; width: 100%; }
  td { border-top: 1px solid var(--line); padding: .3rem .8rem .3rem 0; vertical-align: top; }
  td:first-child { white-space: nowrap; font-family: ui-monospace, monospace; font-size: .84rem; }
  .type { color: var(--soft); font-size: .84rem; }
  .must { color: var(--delete); font-size: .75rem; margin-left: .35rem; }
  .schema { border-left: 2px solid var(--line); margin-left: .3rem; padding-left: .8rem; }
  details.sub > summary { cursor: pointer; color: var(--soft); font-size: .84rem; }
  .status { display: inline-block; min-width: 2.6rem; font-family: ui-monospace, monospace; font-size: .84rem; }
  button { font: inherit; font-size: .78rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--card); color: var(--soft); cursor: pointer; float: right; }
  @media (max-width: 760px) { .layout { grid-template-columns: minmax(0, 1fr); } nav { display: none; } .note { margin-left: 0; flex-basis: 100%; } }
</style>
</head>
<body>
<header><h1>Reelvault API</h1><input id="filter" type="search" placeholder="Filter by path or words" aria-label="Filter"></header>
<div class="layout"><nav id="tags"></nav><main id="main"><p>Loading…</p></main></div>
<script>
"use strict";
const make = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
  for (const child of children) if (child != null) element.append(child);
  return element;
};
let api;
const resolve = (schema) => schema && schema.$ref ? api.components.schemas[schema.$ref.split("/").pop()] || {} : schema || {};
const refName = (schema) => schema && schema.$ref ? schema.$ref.split("/").pop() : "";
const typeName = (schema) => {
  if (!schema) return "any";
  if (schema.$ref) return refName(schema);
  if (schema.anyOf) return schema.anyOf.map(typeName).join(" or ");
  if (schema.type === "array") return "list of " + typeName(schema.items);
  const types = Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type || "any";
  if (schema.enum) return types + ": " + schema.enum.join(", ");
  return types + (schema.format ? " (" + schema.format + ")" : "");
};
const limits = (schema) => {
  const out = [];
  if (schema.minimum != null) out.push("at least " + schema.minimum);
  if (schema.maximum != null) out.push("at most " + schema.maximum);
  if (schema.maxLength != null) out.push("up to " + schema.maxLength + " characters");
  if (schema.maxItems != null) out.push("up to " + schema.maxItems + " items");
  if (schema.default !== undefined) out.push("default " + JSON.stringify(schema.default));
  return out.join(", ");
};
const inner = (schema) => {
  if (!schema) return null;
  if (schema.$ref) return schema;
  if (schema.anyOf) return schema.anyOf.map(inner).find(Boolean) || null;
  if (schema.type === "array") return inner(schema.items);
  return schema.properties ? schema : null;
};
const fields = (schema, depth) => {
  const object = resolve(inner(schema));
  const table = make("table");
  for (const [name, property] of Object.entries(object.properties || {})) {
    const required = (object.required || []).includes(name);
    const text = [property.description, limits(property)].filter(Boolean).join(" · ");
    const cell = make("td", {}, make("span", {class: "type"}, typeName(property)), text ? make("div", {}, text) : null);
    if (inner(property) && depth < 4) {
      const sub = make("details", {class: "sub"}, make("summary", {}, "its fields"));
      sub.addEventListener("toggle", () => {
        if (sub.open && sub.children.length === 1) sub.append(make("div", {class: "schema"}, fields(property, depth + 1)));
      });
      cell.append(sub);
    }
    table.append(make("tr", {}, make("td", {}, name, required ? make("span", {class: "must"}, "required") : null), cell));
  }
  return table;
};
const example = (schema, depth) => {
  if (!schema || depth > 4) return null;
  if (schema.examples && schema.examples.length) return schema.examples[0];
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.anyOf) return example(schema.anyOf[0], depth);
  const real = resolve(schema);
  if (real.enum) return real.enum[0];
  const type = Array.isArray(real.type) ? real.type[0] : real.type;
  if (type === "object") {
    const out = {};
    for (const [name, property] of Object.entries(real.properties || {}))
      if ((real.required || []).includes(name)) out[name] = example(property, depth + 1);
    return out;
  }
  if (type === "array") return [example(real.items, depth + 1)];
  if (type === "integer" || type === "number") return real.minimum || 0;
  if (type === "boolean") return false;
  if (real.format === "uuid") return "0190f3c2-7b1a-7c3d-9e2f-0123456789ab";
  if (real.format === "date-time") return "2026-01-31T12:00:00.000Z";
  return "text";
};
const curl = (verb, path, operation) => {
  const secured = !(operation.security && operation.security.length === 0);
  const query = (operation.parameters || []).filter((p) => p.in === "query" && p.required)
    .map((p) => p.name + "=" + encodeURIComponent(String(example(p.schema, 0)))).join("&");
  const lines = ["curl" + (verb === "GET" ? "" : " -X " + verb) + " '" + location.origin + path + (query ? "?" + query : "") + "'"];
  if (secured) lines.push("  -H \"Authorization: Bearer $TOKEN\"");
  const content = operation.requestBody && operation.requestBody.content;
  if (content && content["application/json"]) {
    lines.push("  -H 'Content-Type: application/json'");
    lines.push("  -d '" + JSON.stringify(example(content["application/json"].schema, 0)).replaceAll("'", "'\\''") + "'");
  } else if (content) {
    lines.push("  --data-binary @FILE");
  }
  return lines.join(" \\\n");
};
const render = (verb, path, operation) => {
  const block = make("details", {class: "route", id: operation.operationId},
    make("summary", {}, make("span", {class: "verb " + verb}, verb), make("code", {class: "path"}, path),
      make("span", {class: "note"}, operation.summary || "")));
  block.addEventListener("toggle", () => {
    if (!block.open || block.children.length > 1) return;
    const inside = make("div", {class: "inside"});
    for (const paragraph of (operation.description || "").split("\n\n")) if (paragraph) inside.append(make("p", {}, paragraph));
    const parameters = (operation.parameters || []).map((p) => p.$ref ? api.components.parameters[p.$ref.split("/").pop()] : p);
    if (parameters.length) {
      const table = make("table");
      for (const p of parameters) {
        const text = [p.description, limits(p.schema || {})].filter(Boolean).join(" · ");
        table.append(make("tr", {}, make("td", {}, p.name, p.required ? make("span", {class: "must"}, "required") : null),
          make("td", {}, make("span", {class: "type"}, p.in + ", " + typeName(p.schema)), text ? make("div", {}, text) : null)));
      }
      inside.append(make("h3", {}, "Parameters"), table);
    }
    const content = operation.requestBody && operation.requestBody.content;
    if (content) {
      const json = content["application/json"];
      inside.append(make("h3", {}, "Body" + (json ? ": " + typeName(json.schema) : ": the bytes")));
      if (json && inner(json.schema)) inside.append(fields(json.schema, 0));
    }
    inside.append(make("h3", {}, "Answers"));
    for (const [status, response] of Object.entries(operation.responses)) {
      const json = response.content && response.content["application/json"];
      inside.append(make("div", {}, make("span", {class: "status"}, status), response.description,
        json ? make("span", {class: "type"}, " · " + typeName(json.schema)) : null));
      if (json && inner(json.schema)) {
        const sub = make("details", {class: "sub"}, make("summary", {}, "its fields"));
        sub.append(make("div", {class: "schema"}, fields(json.schema, 0)));
        inside.append(sub);
      }
    }
    const line = curl(verb, path, operation);
    const copy = make("button", {type: "button"}, "copy");
    copy.addEventListener("click", () => navigator.clipboard && navigator.clipboard.writeText(line).then(() => { copy.textContent = "copied"; }));
    inside.append(make("h3", {}, "Try it", copy), make("pre", {}, line));
    block.append(inside);
  });
  return block;
};
const show = () => {
  const wanted = document.getElementById("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const byTag = new Map();
  for (const [path, item] of Object.entries(api.paths))
    for (const [verb, operation] of Object.entries(item)) {
      const text = (verb + " " + path + " " + (operation.summary || "") + " " + (operation.tags || []).join(" ")).toLowerCase();
      if (!wanted.every((word) => text.includes(word))) continue;
      const tag = (operation.tags || ["Other"])[0];
      if (!byTag.has(tag)) byTag.set(tag, []);
      byTag.get(tag).push(render(verb.toUpperCase(), path, operation));
    }
  const main = document.getElementById("main"), tags = document.getElementById("tags");
  main.replaceChildren(make("p", {}, api.info.description + " Version " + api.info.version + "."));
  tags.replaceChildren();
  for (const tag of [...byTag.keys()].sort()) {
    const id = "tag-" + tag.replace(/\W+/g, "-");
    tags.append(make("a", {href: "#" + id}, tag));
    main.append(make("h2", {id}, tag), ...byTag.get(tag));
  }
  if (!byTag.size) main.append(make("p", {}, "No route has these words."));
};
fetch("openapi.json").then((answer) => answer.json()).then((document_) => {
  api = document_;
  show();
  document.getElementById("filter").addEventListener("input", show);
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) { target.open = true; target.scrollIntoView(); }
}).catch((fault) => document.getElementById("main").replaceChildren("The document cannot be read: " + fault));
</script>
</body>
</html>
)html";
}

}  // namespace reelvault::http
