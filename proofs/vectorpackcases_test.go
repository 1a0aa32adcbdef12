package proofs_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/docketlog/docket/proofs"
	"github.com/docketlog/docket/proofs/pack"
	"github.com/docketlog/docket/proofs/register"
)

var (
	runSubject      = pack.Name{Type: register.TypeRun, ID: "R1"}
	documentSubject = pack.Name{Type: register.TypeDocument, ID: "contracts/9"}
	identitySubject = pack.Name{Type: register.TypeIdentity, ID: "wl/publisher"}
)

// packLines gathers vectors, each with the verdict that it must come to.
type packLines struct {
	t    testing.TB
	list []packVector
}

func (p *packLines) add(v packVector, verdict string, exit int, check string) {
	p.t.Helper()
	all := append(p.list, v)
	got := v.judge(p.t, all)
	if got.Verdict != verdict || got.Exit != exit || got.Check != check {
		p.t.Errorf("pack vector %q: %s %d by %q, want %s %d by %q", v.Comment, got.Verdict, got.Exit, got.Check, verdict, exit, check)
	}
	p.list = append(p.list, got)
}

// whole adds a pack with all its files.
func (p *packLines) whole(comment string, l source, subject pack.Name, verdict string, exit int, check string, change ...func(v *packVector)) packVector {
	p.t.Helper()
	v := packVector{Comment: comment, Files: filesOf(p.t, gathered(p.t, l, subject))}
	v.Policy, v.Genesis = l.Pins()
	for _, c := range change {
		c(&v)
	}
	p.add(v, verdict, exit, check)
	return p.list[len(p.list)-1]
}

// of is a vector with the files and the pins of another.
func of(v packVector, comment string) packVector {
	return packVector{Comment: comment, Policy: v.Policy, Genesis: v.Genesis, Of: v.Comment}
}

func packVectors(t testing.TB) [][]byte {
	p := &packLines{t: t}
	run := goodPacks(p)
	expectations(p, run)
	memberVectors(p, run)
	listedVectors(p, run)
	manifestVectors(p, run)
	lieVectors(p)
	containerVectors(p, run)
	return proofs.Lines(p.list)
}

func goodPacks(p *packLines) packVector {
	l := proofs.NewStory(p.t, nil)
	asked := func(v *packVector) { v.Document = "contracts/9" }
	run := p.whole("a run", l, runSubject, "AUTHORITATIVE", 0, "", asked)
	p.whole("a document", l, documentSubject, "AUTHORITATIVE", 0, "", asked)
	p.whole("an identity", l, identitySubject, "VERIFIED", 0, "")
	p.whole("a run that is open", l, pack.Name{Type: register.TypeRun, ID: "R2"}, "VERIFIED", 0, "")
	p.whole("a run that the log does not have", l, pack.Name{Type: register.TypeRun, ID: "R9"}, "UNKNOWN", 20, "")
	p.whole("a document that the log does not have", l, pack.Name{Type: register.TypeDocument, ID: "contracts/1"}, "UNKNOWN", 20, "")
	withdrawn := proofs.NewStory(p.t, nil)
	withdrawn.Then(withdrawn.Withdraw, withdrawn.Cancel)
	p.whole("a document that was withdrawn in its run", withdrawn, documentSubject, "WITHDRAWN", 10, "", asked)
	for _, c := range []struct {
		comment, id string
		since       int64
		exit        int
		check       string
	}{
		{"the key of the publisher was stolen before it released", "wl/publisher", 1, 13, "compromise"},
		{"the key of one who granted was stolen before", "h/legal", 1, 13, "compromise"},
		{"the key of the publisher was stolen after all this", "wl/publisher", 230_000, 0, ""},
	} {
		stolen := proofs.NewStory(p.t, nil)
		stolen.Then(func() { stolen.Revoke(c.id, c.since) })
		p.whole(c.comment, stolen, runSubject, "AUTHORITATIVE", c.exit, c.check, asked)
	}
	nothing := proofs.NewStory(p.t, nil)
	nothing.Then(nothing.ReleaseNothing)
	p.whole("a document whose digest no file has", nothing, pack.Name{Type: register.TypeDocument, ID: "notes/0"}, "UNKNOWN", 20, "")
	alone := proofs.NewStory(p.t, nil)
	alone.Alone()
	p.whole("a run that nobody cosigned", alone, runSubject, "AUTHORITATIVE", 11, "cosigners", asked)
	return run
}

// expectations: one pack, and what its verifiers bring and expect.
func expectations(p *packLines, run packVector) {
	l := proofs.NewStory(p.t, nil)
	sealed := l.SealTime()
	const hour = 3_600_000
	for _, c := range []struct {
		comment string
		change  func(v *packVector)
		verdict string
		exit    int
		check   string
	}{
		{"in an expected namespace", func(v *packVector) { v.Namespaces = []string{"notes/", "contracts/"} }, "AUTHORITATIVE", 0, ""},
		{"nothing is expected", func(*packVector) {}, "AUTHORITATIVE", 12, "expected"},
		{"another document is asked for", func(v *packVector) { v.Document = "contracts/1" }, "AUTHORITATIVE", 12, "expected"},
		{"in another namespace", func(v *packVector) { v.Namespaces = []string{"notes/"} }, "AUTHORITATIVE", 12, "expected"},
		{"young enough", func(v *packVector) { v.Document, v.Now, v.MaxAge = "contracts/9", sealed+hour, 2*hour }, "AUTHORITATIVE", 0, ""},
		{"too old", func(v *packVector) { v.Document, v.Now, v.MaxAge = "contracts/9", sealed+hour, hour/2 }, "AUTHORITATIVE", 12, "age"},
		{"cosigned after the verifier's clock", func(v *packVector) { v.Document, v.Now = "contracts/9", sealed-hour }, "AUTHORITATIVE", 11, "cosigners"},
		{"dated after the verifier's clock", func(v *packVector) { v.Policy, v.Dev, v.Now = proofs.LoosePolicy(), true, sealed-hour }, "AUTHORITATIVE", 12, "age"},
		{"a policy that demands no cosigner", func(v *packVector) { v.Document, v.Policy = "contracts/9", proofs.LoosePolicy() }, "AUTHORITATIVE", 11, "cosigners"},
		{"the same in a dev folder", func(v *packVector) { v.Dev, v.Policy = true, proofs.LoosePolicy() }, "AUTHORITATIVE", 0, ""},
		{"another log's policy, whatever the pack trusts", func(v *packVector) { v.Policy = proofs.StrangerPolicy() }, "INVALID", 40, "log"},
		{"another genesis", func(v *packVector) { v.Genesis = strings.Repeat("00", 32) }, "INVALID", 40, "log"},
		{"another tree of this size was seen", func(v *packVector) {
			v.Document, v.Seen = "contracts/9", []string{string(l.Note()), string(l.OtherNote())}
		}, "CONTRADICTED", 30, "one history"},
		{"the same tree was seen", func(v *packVector) { v.Document, v.Seen = "contracts/9", []string{string(l.Note()), "nothing"} }, "AUTHORITATIVE", 0, ""},
	} {
		v := of(run, c.comment)
		c.change(&v)
		p.add(v, c.verdict, c.exit, c.check)
	}
	identity := p.list[slices.IndexFunc(p.list, func(v packVector) bool { return v.Comment == "an identity" })]
	v := of(identity, "a document is asked for, and the pack releases none")
	v.Document = "contracts/9"
	p.add(v, "VERIFIED", 12, "expected")
}

// sampled are one file of each sort of a pack.
func sampled(files []packFile) (list []packFile) {
	seen := make(map[string]bool)
	for _, f := range files {
		folder, _, _ := strings.Cut(f.Name, "/")
		if kind, _, ok := strings.Cut(f.Name, "-"); ok {
			folder = kind
		}
		if !seen[folder] {
			seen[folder] = true
			list = append(list, f)
		}
	}
	return list
}

// changed is a text with one letter or digit in its middle replaced.
func changed(text string) string {
	b := []byte(text)
	for i := len(b) / 2; ; i++ {
		if b[i] >= 'a' && b[i] < 'z' {
			b[i]++
			return string(b)
		}
	}
}

// memberVectors change what is there, and leave the manifest as it was.
func memberVectors(p *packLines, run packVector) {
	for _, f := range sampled(run.Files) {
		v := of(run, "without "+f.Name)
		v.Without = []string{f.Name}
		p.add(v, "INVALID", 40, "manifest")
		v = of(run, "one byte changed in "+f.Name)
		v.With = []packFile{{f.Name, changed(f.Text)}}
		p.add(v, "INVALID", 40, "manifest")
	}
	for _, name := range []string{"notes.txt", "receipts/0000000099.docket", "../receipt", "a//b", "\u00e9"} {
		v := of(run, "one more file, "+name)
		v.With = []packFile{{name, "x"}}
		p.add(v, "INVALID", 40, "manifest")
	}
}

// relisted makes the manifest anew for changed files, as whoever tampers would.
func relisted(t testing.TB, files []packFile, change func(m map[string]any)) packFile {
	t.Helper()
	var m map[string]any
	list := []any{}
	for _, f := range files {
		if f.Name == "manifest.json" {
			if err := json.Unmarshal([]byte(f.Text), &m); err != nil {
				t.Fatal(err)
			}
			continue
		}
		sum := sha256.Sum256([]byte(f.Text))
		list = append(list, map[string]any{"bytes": len(f.Text), "name": f.Name, "sha256": hex.EncodeToString(sum[:])})
	}
	m["files"] = list
	if change != nil {
		change(m)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		t.Fatal(err)
	}
	return packFile{"manifest.json", strings.TrimSuffix(b.String(), "\n")}
}

// listed is a vector of changed files with a manifest that lists the change.
func (p *packLines) listed(run packVector, comment string, without []string, with []packFile, verdict string, exit int, check string) {
	p.t.Helper()
	v := of(run, comment)
	v.Document, v.Without = run.Document, without
	v.With = append(slices.Clone(with), relisted(p.t, edited(run.Files, without, with), nil))
	p.add(v, verdict, exit, check)
}

func (v packVector) file(t testing.TB, prefix string) packFile {
	t.Helper()
	for _, f := range v.Files {
		if strings.HasPrefix(f.Name, prefix) {
			return f
		}
	}
	t.Fatalf("%s has no file %s", v.Comment, prefix)
	return packFile{}
}

// replaced is a file with a text in the place of another.
func (f packFile) replaced(t testing.TB, old, new string) packFile {
	t.Helper()
	if !strings.Contains(f.Text, old) {
		t.Fatalf("%s has no %q", f.Name, old)
	}
	return packFile{f.Name, strings.Replace(f.Text, old, new, 1)}
}

// listedVectors change a pack, and its manifest with it.
func listedVectors(p *packLines, run packVector) {
	t := p.t
	invalid := func(comment, check string, without []string, with ...packFile) {
		t.Helper()
		p.listed(run, comment+", listed", without, with, "INVALID", 40, check)
	}
	identityOf := func(id string) string {
		key, err := proofs.RegisterKey(register.TypeIdentity, id)
		if err != nil {
			t.Fatal(err)
		}
		return "histories/identity-" + key.String() + ".json"
	}
	receipt := func(i string) string { return "receipts/00000000" + i + ".docket" }
	statement := func(i string) string { return "statements/00000000" + i + ".json" }
	report, spec := run.file(t, "report.html"), run.file(t, "SPEC.txt")
	invalid("without an entry of the run", "complete", []string{receipt("11"), statement("11")})
	invalid("without genesis", "complete", []string{receipt("00"), statement("00")})
	invalid("a statement without its receipt", "parts", []string{receipt("11")})
	invalid("a receipt without its statement", "parts", []string{statement("11")})
	invalid("without an identity", "complete", []string{identityOf("h/risk")})
	invalid("without the run", "one checkpoint", []string{run.file(t, "histories/run-").Name})
	invalid("without the checkpoint", "one checkpoint", []string{"checkpoint"})
	invalid("without the report", "report", []string{"report.html"})
	invalid("without SPEC.txt", "report", []string{"SPEC.txt"})
	invalid("without the policy", "report", []string{"untrusted/policy"})
	invalid("a file that no pack has", "parts", nil, packFile{"notes.txt", "x"})
	invalid("a folder that no pack has", "parts", nil, packFile{"receipts.d/x", "x"})
	invalid("a report that says more", "report", nil, report.replaced(t, "version 1", "version 2"))
	invalid("a report that does not escape", "report", nil, report.replaced(t, "&lt;b&gt;", "<b>"))
	invalid("a report with a newline more", "report", nil, packFile{report.Name, report.Text + "\n"})
	invalid("another SPEC.txt", "report", nil, spec.replaced(t, "nothing else may be", "anything else may be"))
	p.listed(run, "the pack trusts another log, which nobody believes", nil, []packFile{{"untrusted/policy", proofs.StrangerPolicy()}}, "AUTHORITATIVE", 0, "")
	p.listed(run, "the pack trusts in no policy at all", nil, []packFile{{"untrusted/policy", "\x00"}}, "AUTHORITATIVE", 0, "")
	entry := run.file(t, receipt("14"))
	invalid("a receipt under another name", "parts", nil, packFile{receipt("15"), entry.Text})
	invalid("a receipt whose name has fewer digits", "parts", []string{receipt("14")}, packFile{"receipts/14.docket", entry.Text})
	invalid("a receipt with a newline", "parts", nil, packFile{entry.Name, entry.Text + "\n"})
	invalid("another statement than the receipt's", "parts", nil, packFile{statement("14"), run.file(t, statement("15")).Text})
	invalid("a staple in place of a receipt", "parts", nil, packFile{entry.Name, stapleIn(t, run.file(t, "histories/run-"))})
	invalid("a receipt with another root in a proof", "receipts", nil, entry.replaced(t, `"inclusion":["`, `"inclusion":["`+strings.Repeat("A", 43)+`=","`))
	spliced(p, run, invalid)
	other := proofs.NewStory(t, nil)
	other.Then(other.Cancel)
	newer := packVector{Comment: "newer", Files: filesOf(t, gathered(t, other, runSubject))}
	invalid("a receipt of a newer checkpoint", "one checkpoint", nil, newer.file(t, receipt("14")))
	invalid("a register of a newer checkpoint", "one checkpoint", nil, newer.file(t, "histories/grant-"))
	invalid("a newer checkpoint", "one checkpoint", nil, newer.file(t, "checkpoint"))
	second := packVector{Comment: "second", Files: filesOf(t, gathered(t, proofs.NewStory(t, nil), pack.Name{Type: register.TypeRun, ID: "R2"}))}
	invalid("the register of another run too", "complete", nil, second.file(t, "histories/run-"))
	invalid("an entry of another run too", "complete", nil, second.file(t, receipt("16")), second.file(t, statement("16")))
}

// stapleIn is the staple of a history, as a file of its own.
func stapleIn(t testing.TB, history packFile) string {
	t.Helper()
	var h struct{ Staple json.RawMessage }
	if err := json.Unmarshal([]byte(history.Text), &h); err != nil {
		t.Fatal(err)
	}
	return string(h.Staple)
}

// spliced are histories whose events are not the register's.
func spliced(p *packLines, run packVector, invalid func(comment, check string, without []string, with ...packFile)) {
	t := p.t
	history := run.file(t, "histories/run-")
	events := func(change func(list []json.RawMessage) []json.RawMessage) packFile {
		t.Helper()
		var h struct {
			Events []json.RawMessage `json:"events"`
			Staple json.RawMessage   `json:"staple"`
		}
		if err := json.Unmarshal([]byte(history.Text), &h); err != nil {
			t.Fatal(err)
		}
		h.Events = change(h.Events)
		b, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		return packFile{history.Name, string(b)}
	}
	var grant struct{ Events []json.RawMessage }
	if err := json.Unmarshal([]byte(run.file(t, "histories/grant-").Text), &grant); err != nil {
		t.Fatal(err)
	}
	invalid("a run without its last event", "histories", nil, events(func(l []json.RawMessage) []json.RawMessage { return l[:len(l)-1] }))
	invalid("a run without an event in its middle", "histories", nil, events(func(l []json.RawMessage) []json.RawMessage { return slices.Delete(l, 1, 2) }))
	invalid("a run without events", "histories", nil, events(func([]json.RawMessage) []json.RawMessage { return []json.RawMessage{} }))
	invalid("a run with two events exchanged", "histories", nil, events(func(l []json.RawMessage) []json.RawMessage { l[1], l[2] = l[2], l[1]; return l }))
	invalid("a run with an event twice", "histories", nil, events(func(l []json.RawMessage) []json.RawMessage { return append(l, l[len(l)-1]) }))
	invalid("a run with an event of a grant", "histories", nil, events(func(l []json.RawMessage) []json.RawMessage { l[1] = grant.Events[0]; return l }))
	invalid("a history under another name", "parts", []string{history.Name}, packFile{strings.Replace(history.Name, "run", "grant", 1), history.Text})
	invalid("a history in another order of names", "parts", nil, history.replaced(t, `{"events":`, `{"a":[],"events":`))
	invalid("a history with white space", "parts", nil, history.replaced(t, `"events":`, `"events": `))
	invalid("an event with a blind of 31 bytes", "parts", nil, history.replaced(t, `{"blind":"`, `{"blind":"`+strings.Repeat("A", 42)+`==","x":"`))
	invalid("a history whose register is called otherwise", "parts", nil, history.replaced(t, `"id":"R1"`, `"id":"R3"`))
	invalid("a grant with a wrong path", "histories", nil, flippedPath(t, run.file(t, "histories/grant-")))
	invalid("a run with a wrong path", "log", nil, flippedPath(t, history))
}

// flippedPath changes the last byte of the path in a history.
func flippedPath(t testing.TB, h packFile) packFile {
	t.Helper()
	at := strings.Index(h.Text, `"path":"`) + len(`"path":"`)
	end := at + strings.Index(h.Text[at:], `"`) - 6
	b := []byte(h.Text)
	if b[end]++; b[end] == 'z'+1 || b[end] == 'Z'+1 || b[end] == '9'+1 || b[end] == '+'+1 || b[end] == '/'+1 {
		b[end] = 'A'
	}
	return packFile{h.Name, string(b)}
}

// manifestVectors are manifests that lie.
func manifestVectors(p *packLines, run packVector) {
	lie := func(comment, check string, change func(m map[string]any)) {
		p.t.Helper()
		v := of(run, "a manifest with "+comment)
		v.With = []packFile{relisted(p.t, run.Files, change)}
		p.add(v, "INVALID", 40, check)
	}
	lie("other claims", "report", func(m map[string]any) { m["claims"] = []string{"all is well"} })
	lie("one claim less", "report", func(m map[string]any) { m["notClaimed"] = m["notClaimed"].([]any)[1:] })
	lie("another size", "report", func(m map[string]any) { m["checkpoint"].(map[string]any)["size"] = 99 })
	lie("another subject, which is not there", "one checkpoint", func(m map[string]any) { m["subject"] = map[string]any{"id": "R2", "type": "run"} })
	lie("another subject, which is there", "complete", func(m map[string]any) { m["subject"] = map[string]any{"id": "wl/publisher", "type": "identity"} })
	lie("a subject of another type", "manifest", func(m map[string]any) { m["subject"] = map[string]any{"id": "R1", "type": "grant"} })
	lie("a subject that no id can be", "manifest", func(m map[string]any) { m["subject"] = map[string]any{"id": "R 1", "type": "run"} })
	lie("another format", "manifest", func(m map[string]any) { m["format"] = "docket-pack/99" })
	lie("an unknown name", "manifest", func(m map[string]any) { m["more"] = 1 })
	lie("a file less", "manifest", func(m map[string]any) { m["files"] = m["files"].([]any)[1:] })
	lie("a file twice", "report", func(m map[string]any) { m["files"] = append(m["files"].([]any), m["files"].([]any)[0]) })
	lie("two files exchanged", "report", func(m map[string]any) { l := m["files"].([]any); l[0], l[1] = l[1], l[0] })
	lie("a file that is not there", "manifest", func(m map[string]any) {
		m["files"] = append(m["files"].([]any), map[string]any{"bytes": 0, "name": "z", "sha256": strings.Repeat("0", 64)})
	})
	for _, edit := range [][3]string{{"white space", `{"checkpoint"`, `{ "checkpoint"`}, {"a name twice", `"format":`, `"format":"x","format":`}} {
		v := of(run, "a manifest with "+edit[0])
		v.With = []packFile{run.file(p.t, "manifest.json").replaced(p.t, edit[1], edit[2])}
		p.add(v, "INVALID", 40, "manifest")
	}
	v := of(run, "a manifest with a newline")
	v.With = []packFile{{"manifest.json", run.file(p.t, "manifest.json").Text + "\n"}}
	p.add(v, "INVALID", 40, "manifest")
}
