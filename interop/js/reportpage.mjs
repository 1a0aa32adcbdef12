// The page of the report, byte for byte as in docs/spec/report.md, section 4.
export const page = String.raw`{{define "rows"}}<table>
<tr><th>When, by the log's clock</th><th>By the signer's clock</th><th>Who</th><th>What</th><th>Entry</th></tr>
{{range .}}<tr><td class="t">{{time .Time}}</td><td class="t">{{time .At}}</td><td>{{.By}}</td><td>{{.What}}{{if .Detail}}: {{.Detail}}{{end}}{{if .Until}}<br><strong>{{.Until}}</strong>{{end}}<br><code>{{.Digest}}</code></td><td class="n">{{.Index}}</td></tr>
{{else}}<tr><td colspan="5">Nothing on record.</td></tr>
{{end}}</table>{{end}}<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{.Title}}</title>
<style>
body { font: 15px/1.5 Georgia, serif; color: #111; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .4rem; border-bottom: 1px solid #999; break-after: avoid; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #ddd; }
tr { break-inside: avoid; }
td.t { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
code { font: .8em/1.4 Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.result { border: 2px solid #333; padding: .8rem 1rem; margin: 1rem 0; font-size: 1.15rem; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } }
</style>
</head>
<body>
<h1>{{.Title}}</h1>
<p class="result"><strong>{{.Sentence}}</strong></p>
<p>This page is a reading aid. It proves nothing by itself: the proofs are the other files of the pack, and <code>docket verify PACK.zip</code> checks them, and that this
page says what they say. SPEC.txt says how to check them by other means. All times are UTC.</p>

{{if .Identity}}<h2>What it signed</h2>
{{template "rows" .Said}}
{{else}}<h2>Who asked</h2>
{{template "rows" .Asked}}

<h2>Who approved</h2>
{{template "rows" .Approved}}
{{if .Grants}}<h3>What became of each approval</h3>
<table>
<tr><th>Given by</th><th>As</th><th>For</th><th>To</th><th>Good until</th><th>What became of it</th><th>Entry</th></tr>
{{range .Grants}}<tr><td>{{.By}}</td><td>{{.Role}}, {{.Meaning}}, by the rule {{.Rule}}</td><td>{{.For}}<br><code>{{.Digest}}</code></td><td>{{.To}}</td><td class="t">{{.Until}}</td><td>{{.Became}}</td><td class="n">{{.Index}}</td></tr>
{{end}}</table>{{end}}

<h2>What was done</h2>
{{template "rows" .Executed}}

<h2>What was released</h2>
{{template "rows" .Released}}
{{end}}
{{if .Others}}<h2>{{if .Identity}}What was said of it{{else}}What else is on record{{end}}</h2>
{{template "rows" .Others}}
{{end}}
<h2>Who these are</h2>
<table>
<tr><th>Identity</th><th>What it is</th><th>Answers to</th><th>Roles</th><th>Now</th><th>How it came to that</th></tr>
{{range .People}}<tr><td>{{.ID}}</td><td>{{.Class}}</td><td>{{.Owner}}</td><td>{{.Roles}}</td><td>{{.Status}}</td><td>{{range .Changes}}{{.}}<br>{{end}}</td></tr>
{{end}}</table>

<h2>The rules they worked under</h2>
{{template "rows" .Texts}}

<h2>By whose clock, and who vouches</h2>
<table>
<tr><th>Log</th><td>{{.Origin}}</td></tr>
<tr><th>Signed tree</th><td>{{.Size}} entries, root <code>{{base64 .Root}}</code></td></tr>
<tr><th>As of</th><td>{{time .Sealed}}, by the log's clock</td></tr>
<tr><th>Signature lines of others, unchecked here</th><td>{{range .Signed}}in the name of <code>{{.}}</code><br>{{else}}none: the log's word alone{{end}}</td></tr>
</table>
<p>"By the log's clock" is the time that the log put on its seals; "by the signer's clock" is what the signer wrote and decides nothing. Anybody
who handed this pack on could write signature lines below the signed tree, in any name: whether they are right, and count, only <code>docket verify</code> says, by a policy of your own.</p>

<h2>What is not proven</h2>
<ul>
{{range .NotClaimed}}<li>{{.}}</li>
{{end}}</ul>
</body>
</html>
`;
