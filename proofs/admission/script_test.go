package admission

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/proofs/register"
)

// The scripts in testdata, and the examples in docs/spec/admission.md, are logs
// in words. testdata/README.md says what the words mean.

func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runScript(t, file, 1, string(text))
		})
	}
}

const specPage = "../../docs/spec/admission.md"

var scriptBlock = regexp.MustCompile("(?ms)^```script\n(.*?)^```$")

// TestSpecExamples runs the examples of the page, and holds the page against the
// codes of this package: each has an example that it refuses.
func TestSpecExamples(t *testing.T) {
	text, err := os.ReadFile(specPage)
	if err != nil {
		t.Fatal(err)
	}
	refused := make(map[string]bool)
	for _, at := range scriptBlock.FindAllSubmatchIndex(text, -1) {
		line := 1 + strings.Count(string(text[:at[2]]), "\n")
		maps.Copy(refused, runScript(t, specPage, line, string(text[at[2]:at[3]])))
	}
	for _, code := range codes(t) {
		if !refused[code] {
			t.Errorf("no example in %s is refused with %s", specPage, code)
		}
		if !strings.Contains(string(text), "\n### "+code) {
			t.Errorf("%s has no section %s", specPage, code)
		}
	}
}

// codes are the refusal codes as they stand in refusal.go.
func codes(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("refusal.go")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range regexp.MustCompile(`= "(E\d{3})"`).FindAllSubmatch(source, -1) {
		list = append(list, string(m[1]))
	}
	if len(list) < 18 {
		t.Fatalf("%d codes found", len(list))
	}
	return list
}

// TestEveryCodeIsRefused: the scripts refuse with each code, and each refusal has
// its nearest allowed neighbour: between two refusals with other codes something
// is admitted.
func TestEveryCodeIsRefused(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txt")
	seen := make(map[string]bool)
	outcome := regexp.MustCompile(`(?m)^[^#\n]* -> (ok|E\d{3})`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		admitted := false
		for _, m := range outcome.FindAllSubmatch(text, -1) {
			admitted = admitted || string(m[1]) == "ok"
			seen[string(m[1])] = true
		}
		if !admitted {
			t.Errorf("%s admits nothing", file)
		}
	}
	for _, code := range codes(t) {
		if !seen[code] {
			t.Errorf("no script is refused with %s", code)
		}
	}
}

// A script is one run: a log, and what its lines refer to.
type script struct {
	*testLog
	governed
	where    string
	nonces   int
	last     *Checked            // the newest admitted statement
	releases map[string]*Checked // newest admitted release by document
	versions map[string]*Checked // releases by document and version
	refused  map[string]bool
	kinds    map[string]bool // "document.release E408"; of what was admitted "document.release ok"
}

// runScript runs a script, replays the log that it made, and returns the codes
// that refused something.
func runScript(t *testing.T, file string, line int, text string) map[string]bool {
	t.Helper()
	s := &script{testLog: newTestLog(t), governed: newGoverned(), releases: make(map[string]*Checked), versions: make(map[string]*Checked), refused: make(map[string]bool), kinds: kindsRefused}
	for i, text := range strings.Split(text, "\n") {
		s.where = fmt.Sprintf("%s:%d", file, line+i)
		if text, _, _ = strings.Cut(text, "# "); strings.TrimSpace(text) != "" {
			s.line(strings.TrimSpace(text))
		}
	}
	s.finish()
	return s.refused
}

// line runs "words -> outcome".
func (s *script) line(text string) {
	s.t.Helper()
	call, outcome, _ := strings.Cut(text, " -> ")
	a := parseArgs(strings.Fields(call))
	switch op := a.word(); op {
	case "clock":
		s.flush()
		s.time = clockTime(a.word())
	case "seal":
		s.flush()
	case "world":
		for _, c := range world() {
			s.expect(c, nil, "ok")
		}
	case "office":
		for _, line := range strings.Split(strings.TrimSpace(office), "\n") {
			s.line(line)
		}
	case "check":
		if got := s.look(a.word(), a.word()); got != outcome {
			s.fatalf("is %s, the script says %s", got, outcome)
		}
	default:
		c, err := s.make(op, a)
		s.expect(c, err, outcome)
	}
	if rest := a.rest(); rest != "" {
		s.fatalf("unknown words: %s", rest)
	}
}

func (s *script) fatalf(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("%s: %s", s.where, fmt.Sprintf(format, args...))
}

// expect submits a statement and compares the outcome: "ok", or a code and the
// field. A refusal leaves no trace.
func (s *script) expect(c *Checked, err error, outcome string) {
	s.t.Helper()
	before := s.fingerprint()
	if err == nil {
		err = s.submit(c)
	}
	var refusal *Refusal
	if err != nil && !errors.As(err, &refusal) {
		s.fatalf("%v", err)
	}
	if refusal == nil {
		if outcome != "ok" {
			s.fatalf("admitted; want %s", outcome)
		}
		s.kinds[c.Statement.Code.String()+" ok"] = true
		return
	}
	if c != nil {
		s.kinds[c.Statement.Code.String()+" "+refusal.Code] = true
	}
	code, field, _ := strings.Cut(outcome, " ")
	if refusal.Code != code || field != "" && refusal.Field != field {
		s.fatalf("%v; want %s", refusal, outcome)
	}
	if diff := cmp.Diff(before, s.fingerprint()); diff != "" {
		s.fatalf("a refusal changed the log:\n%s", diff)
	}
	s.refused[code] = true
}

// submit judges a statement, twice: with the fold of the log, and with a fold
// that has seen nothing yet. Both must agree.
func (s *script) submit(c *Checked) error {
	s.t.Helper()
	effects, err := s.fold.Apply(s.overlay, s.index(), s.time, c)
	again, errAgain := NewFold(origin).Apply(s.overlay, s.index(), s.time, c)
	if diff := cmp.Diff(effects, again) + cmp.Diff(err, errAgain); diff != "" {
		s.fatalf("judged twice, two verdicts:\n%s", diff)
	}
	if err != nil {
		return err
	}
	checkEffects(s.t, s.index(), effects)
	s.write(c, effects)
	s.noteAdmitted(c)
	return nil
}

// checkEffects: in order, at most one per register, the activity last.
func checkEffects(t testing.TB, index uint64, effects []Effect) {
	t.Helper()
	sorted := slices.Clone(effects)
	sortEffects(sorted)
	if diff := cmp.Diff(sorted, effects); diff != "" {
		t.Fatalf("entry %d: the effects are not in order:\n%s", index, diff)
	}
	seen := make(map[register.Key]bool)
	for _, e := range effects {
		if seen[e.Key] {
			t.Fatalf("entry %d: two effects on one register", index)
		}
		seen[e.Key] = true
	}
	if n := len(effects); index > 0 && n > 24 || effects[n-1].Type != register.TypeActivity {
		t.Fatalf("entry %d: %d effects", index, n)
	}
}

// fingerprint is all that a refusal must not change.
func (s *script) fingerprint() map[string]string {
	f := map[string]string{"leaves": fmt.Sprint(len(s.leaves)), "events": fmt.Sprint(len(s.overlay.Events()))}
	f["root"] = fmt.Sprintf("%x", s.nextSeal().Root)
	for _, m := range []map[register.Key]*register.Record{s.state.records, s.overlay.records} {
		for key, r := range m {
			f[key.String()] = fmt.Sprintf("%x", r.Marshal())
		}
	}
	for digest := range s.state.admitted {
		f[digest.String()] = "admitted"
	}
	for digest := range s.overlay.admitted {
		f[digest.String()] = "admitted"
	}
	return f
}

// flush seals what is pending: the time of a seal is that of its whole batch.
func (s *script) flush() {
	if len(s.overlay.admitted) > 0 {
		s.seal()
	}
}

// finish seals the log and replays it: the replay derives the same registers.
func (s *script) finish() {
	s.t.Helper()
	s.flush()
	r, err := s.replay()
	if err != nil {
		s.fatalf("the replay of this script's log: %v", err)
	}
	if r.Sealed() != s.index() || r.Tree().Count() != uint64(len(s.state.records)) || r.Tree().Root() != naiveRoot(s.state.records) {
		s.fatalf("the replay of this script's log derives another root than a naive tree")
	}
	if diff := cmp.Diff(s.state.records, r.state.records); diff != "" {
		s.fatalf("the replay of this script's log derives other registers:\n%s", diff)
	}
}
