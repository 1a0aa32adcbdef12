package monitor

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/docketlog/docket/proofs/statement"
)

// The scripts in testdata are logs in words, with the alerts that each line raises.
// testdata/README.md says what the words mean.

func scripts(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d scripts: %v", len(files), err)
	}
	return files
}

func TestScripts(t *testing.T) {
	for _, file := range scripts(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			runScript(t, file, 1, string(text))
		})
	}
}

var scriptBlock = regexp.MustCompile("(?ms)^```script\n(.*?)^```$")

const specPage = "../../docs/spec/alerts.md"

// TestSpec runs the examples of the page, and holds the page against the rules of
// this package: each has a section, each condition and threshold is named in it.
func TestSpec(t *testing.T) {
	text, err := os.ReadFile(specPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range scriptBlock.FindAllSubmatchIndex(text, -1) {
		runScript(t, specPage, 1+strings.Count(string(text[:at[2]]), "\n"), string(text[at[2]:at[3]]))
	}
	sections := make(map[string]string)
	for _, section := range strings.Split(string(text), "\n### ")[1:] {
		sections[section[:5]] = section
	}
	for name := range conditions {
		rule, condition, _ := strings.Cut(name, "/")
		if !strings.Contains(sections[rule], "`"+condition+"`") {
			t.Errorf("%s: no section %s with the condition %s", specPage, rule, condition)
		}
	}
	for name := range defaults {
		rule, threshold, _ := strings.Cut(name, ".")
		if !strings.Contains(sections[rule], "`"+threshold+"`") {
			t.Errorf("%s: no section %s with the threshold %s", specPage, rule, threshold)
		}
	}
}

// TestEveryConditionIsRaised: the scripts raise each condition, and each script has
// lines that raise nothing beside those that do.
func TestEveryConditionIsRaised(t *testing.T) {
	seen := make(map[string]bool)
	for _, file := range scripts(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`AL-\d\d/[a-zA-Z]+`).FindAllString(string(text), -1) {
			seen[m] = true
		}
		if !strings.Contains(string(text), "-> quiet") {
			t.Errorf("%s has no neighbour that raises nothing", file)
		}
	}
	for name := range conditions {
		if !seen[name] && name != "AL-20/part" { // TestPart: it takes thousands of lines
			t.Errorf("no script raises %s", name)
		}
	}
	for name := range seen {
		if conditions[name] == "" {
			t.Errorf("a script names %s, which is no condition", name)
		}
	}
}

// A script is one run: a detector, a second one that is written to JSON and read
// back before every step, and what the lines refer to.
type script struct {
	t       testing.TB
	where   string
	d       *Detector
	resumed *Detector
	now     int64
	index   uint64
	names   map[string]statement.Digest
	words   map[statement.Digest]string
	texts   map[string]statement.Digest // workflows by id@version
	nonces  int
	last    Alert
	log     []Entry
	raised  []Alert
}

// noon is the clock of a script when nothing else is said: a Tuesday.
var noon = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC).UnixMilli()

func newScript(t testing.TB) *script {
	return &script{
		t: t, d: New("svc/monitor"), resumed: New("svc/monitor"), now: noon,
		names: make(map[string]statement.Digest), words: make(map[statement.Digest]string), texts: make(map[string]statement.Digest),
	}
}

func runScript(t testing.TB, file string, line int, text string) *script {
	t.Helper()
	s := newScript(t)
	for i, text := range strings.Split(text, "\n") {
		s.where = fmt.Sprintf("%s:%d", file, line+i)
		if text, _, _ = strings.Cut(text, "# "); strings.TrimSpace(text) != "" {
			s.line(strings.TrimSpace(text))
		}
	}
	s.again()
	return s
}

func (s *script) fatalf(format string, args ...any) {
	s.t.Helper()
	s.t.Fatalf("%s: %s", s.where, fmt.Sprintf(format, args...))
}

// line runs "words -> alerts".
func (s *script) line(text string) {
	s.t.Helper()
	call, outcome, _ := strings.Cut(text, " -> ")
	a := parseArgs(strings.Fields(call))
	switch op := a.word(); op {
	case "clock":
		s.now = clockTime(a)
		s.expect(s.advance(s.now), outcome)
	case "world":
		s.world()
	case "evidence":
		s.expectEvidence(a.word())
	case "dedup":
		if got := a.word(); s.last.Dedup != got {
			s.fatalf("the alert is %s, not %s", s.last.Dedup, got)
		}
	case "at": // a line at a time of the log, of which the clock hears by the entry
		s.now = clockTime(a)
	default:
		s.expect(s.observe(s.make(op, a)), outcome)
	}
	if rest := a.rest(); rest != "" {
		s.fatalf("unknown words: %s", rest)
	}
}

// both runs one step on the detector, and on one that was read from JSON right
// before. Both must do the same.
func (s *script) both(step func(*Detector) []Alert) []Alert {
	s.t.Helper()
	state, err := json.Marshal(s.resumed)
	must(err)
	s.resumed = New("svc/monitor")
	must(json.Unmarshal(state, s.resumed))
	again, err := json.Marshal(s.resumed)
	must(err)
	if string(state) != string(again) {
		s.fatalf("the state is another one after it was read")
	}
	alerts, same := step(s.d), step(s.resumed)
	if diff := cmp.Diff(alerts, same); diff != "" {
		s.fatalf("a detector that was read from its state raises something else:\n%s", diff)
	}
	s.check(alerts)
	s.raised = append(s.raised, alerts...)
	return alerts
}

func (s *script) advance(now int64) []Alert {
	return s.both(func(d *Detector) []Alert { return d.Advance(now) })
}

func (s *script) observe(e Entry) []Alert {
	s.log = append(s.log, e)
	alerts := s.both(func(d *Detector) []Alert { return d.Observe(e) })
	if twice := s.d.Observe(e); twice != nil {
		s.fatalf("an entry that was observed before raises %v", twice)
	}
	return alerts
}

// check is what holds for all alerts: they can be filed, and have the one form.
func (s *script) check(alerts []Alert) {
	s.t.Helper()
	for _, a := range alerts {
		f := a.Finding()
		f.Code, f.Log, f.Nonce, f.At, f.Issuer = statement.FindingAlert, origin, nonce("check"), s.now, "svc/monitor"
		if _, err := f.Marshal(); err != nil {
			s.fatalf("%s cannot be filed: %v", a.Dedup, err)
		}
		if !strings.HasPrefix(a.Dedup, fmt.Sprintf("%s/%d", a.Rule, a.First)) || a.Text() == "" || a.Occurred > a.Detected || a.Version != RuleVersion {
			s.fatalf("the form of %+v", a)
		}
	}
}

// expect compares alerts with the words "quiet" or "AL-07/tool crit, ...".
func (s *script) expect(alerts []Alert, outcome string) {
	s.t.Helper()
	var got []string
	for _, a := range alerts {
		got = append(got, a.Rule+"/"+a.Condition+" "+a.Severity)
		s.last = a
	}
	if len(got) == 0 {
		got = []string{"quiet"}
	}
	if outcome == "" {
		outcome = "quiet"
	}
	if strings.Join(got, ", ") != outcome {
		s.fatalf("raises %s; the script says %s", strings.Join(got, ", "), outcome)
	}
}

func (s *script) expectEvidence(want string) {
	s.t.Helper()
	var got []string
	for _, digest := range s.last.Evidence {
		name, ok := s.words[digest]
		if !ok {
			name = "?"
		}
		got = append(got, name)
	}
	if strings.Join(got, ",") != want {
		s.fatalf("the evidence is %s", strings.Join(got, ","))
	}
}

// again shows the whole log to a new detector that hears of time by the entries
// alone: what depends on entries is the same, in the same order.
func (s *script) again() {
	s.t.Helper()
	d := New("svc/monitor")
	var alerts []Alert
	for _, e := range s.log {
		alerts = append(alerts, d.Observe(e)...)
	}
	alerts = append(alerts, d.Advance(s.d.Clock())...)
	if diff := cmp.Diff(dedups(s.raised), dedups(alerts)); diff != "" {
		s.fatalf("a detector that reads the whole log raises something else:\n%s", diff)
	}
	seen := slices.Sorted(slices.Values(dedups(alerts)))
	if len(slices.Compact(seen)) != len(alerts) {
		s.fatalf("an alert was raised twice")
	}
}

func dedups(alerts []Alert) []string {
	out := []string{}
	for _, a := range alerts {
		out = append(out, a.Dedup)
	}
	return out
}

// args are the words of a line and its name=value pairs.
type args struct {
	words  []string
	values map[string]string
}

func parseArgs(fields []string) *args {
	a := &args{values: make(map[string]string)}
	for _, f := range fields {
		if name, value, ok := strings.Cut(f, "="); ok {
			a.values[name] = value
		} else if f != "by" {
			a.words = append(a.words, f)
		}
	}
	return a
}

func (a *args) word() string {
	if len(a.words) == 0 {
		return ""
	}
	w := a.words[0]
	a.words = a.words[1:]
	return w
}

func (a *args) value(name, otherwise string) string {
	v, ok := a.values[name]
	delete(a.values, name)
	if !ok {
		return otherwise
	}
	return v
}

func (a *args) list(name, otherwise string) []string {
	v := a.value(name, otherwise)
	if v == "" {
		return []string{}
	}
	return strings.Split(v, ",")
}

func (a *args) number(name string, otherwise uint32) uint32 {
	n, err := strconv.ParseUint(a.value(name, fmt.Sprint(otherwise)), 10, 32)
	must(err)
	return uint32(n)
}

func (a *args) rest() string {
	rest := slices.Clone(a.words)
	for name, value := range a.values {
		rest = append(rest, name+"="+value)
	}
	return strings.Join(rest, " ")
}

// clockTime reads "12:00:00.000", or with days after the first one "+1d 12:00".
func clockTime(a *args) int64 {
	days := int64(0)
	text := a.word()
	if strings.HasPrefix(text, "+") {
		n, err := strconv.ParseInt(strings.TrimSuffix(text[1:], "d"), 10, 64)
		must(err)
		days, text = n, a.word()
	}
	return timeOf(text) + days*day
}

func timeOf(text string) int64 {
	for _, layout := range []string{"15:04:05.000", "15:04:05", "15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return noon - noon%day + int64(t.Hour())*hour + int64(t.Minute())*60*second + int64(t.Second())*second + int64(t.Nanosecond())/1e6
		}
	}
	panic("no time: " + text)
}
