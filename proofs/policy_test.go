package proofs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// policyText replaces $1 .. $9 by keys of cosigners (0x04), $L and $M by keys of
// logs (0x01), $P by an ML-DSA-44 key.
func policyText(s string) string {
	var pairs []string
	for i := 1; i <= 9; i++ {
		name := fmt.Sprintf("w%d.example", i)
		pairs = append(pairs, fmt.Sprintf("$%d", i), newSigner(name, TypeEd25519Cosignature, byte(i+1)).key.String())
	}
	pairs = append(pairs, "$L", testLog.key.String(), "$M", otherLog.key.String(), "$P", newSigner("w1.example", TypeMLDSA44, 9).key.String())
	return strings.NewReplacer(pairs...).Replace(s)
}

func mustPolicy(t testing.TB, s string) *Policy {
	t.Helper()
	p, err := ParsePolicy([]byte(policyText(s)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// acceptedPolicies are policy files by what is special about them, in the form of policyText.
var acceptedPolicies = map[string]string{
	"no logs, no witnesses":     "quorum none\n",
	"a log":                     "log $L\nquorum none\n",
	"two logs":                  "log $L https://a/\nlog $M http://b\nquorum none\n",
	"ML-DSA-44 log":             "log $P\nquorum none\n",
	"witness without URL":       "witness a $1\nquorum a\n",
	"witness with URL":          "witness a $1 https://w.example/x\nquorum a\n",
	"unused witness":            "witness a $1\nwitness b $2\nquorum a\n",
	"group any":                 "witness a $1\nwitness b $2\ngroup g any a b\nquorum g\n",
	"group all":                 "witness a $1\nwitness b $2\ngroup g all a b\nquorum g\n",
	"group of one":              "witness a $1\ngroup g 1 a\nquorum g\n",
	"group of groups":           "witness a $1\nwitness b $2\ngroup g 1 a\ngroup h all g b\nquorum h\n",
	"quorum in the middle":      "witness a $1\nquorum a\nwitness b $2\nlog $L\n",
	"log line last":             "quorum none\nlog $L\n",
	"tabs and spaces":           " \twitness \t a\t$1 \t\n\t\n\tquorum\ta \n",
	"comments":                  "# one\n \t# two\n#\nquorum none\n",
	"comment with high bytes":   "# \xff\xfe \u00a0\nquorum none\n",
	"high bytes in names":       "witness \xff\xe2\x84\xaa $1\nquorum \xff\xe2\x84\xaa\n",
	"no-break space in a name":  "witness a\u00a0b $1\nquorum a\u00a0b\n",
	"names are octets":          "witness K $1\nwitness \u212a $2\nquorum K\n",
	"keywords as names":         "witness log $1\nwitness all $2\ngroup any 2 log all\nquorum any\n",
	"number as a name":          "witness 2 $1\nwitness 1 $2\ngroup 3 1 1 2\nquorum 3\n",
	"hash sign in a name":       "witness a#b $1\nquorum a#b\n",
	"an operator with two keys": "witness a $1\nwitness b $P\ngroup g any a b\nquorum g\n",
	"high bytes in a URL":       "witness a $1 https://bücher.example/\nquorum a\n",
}

func TestPolicyAccepts(t *testing.T) {
	for name, s := range acceptedPolicies {
		t.Run(name, func(t *testing.T) {
			p, err := ParsePolicy([]byte(policyText(s)))
			if err != nil {
				t.Fatal(err)
			}
			again, err := ParsePolicy([]byte(p.String()))
			if err != nil || !cmp.Equal(p, again) {
				t.Errorf("%v\n%s", err, cmp.Diff(p, again))
			}
		})
	}
}

// ab defines two witnesses.
const ab = "witness a $1\nwitness b $2\n"

// refusedPolicies are policy files, each wrong in one place; the error has the text want.
var refusedPolicies = map[string]struct{ s, want string }{
	"empty":                         {"", "no newline"},
	"comments only":                 {"# nothing\n", "no quorum line"},
	"no quorum line":                {"log $L\n" + ab, "no quorum line"},
	"no last newline":               {"quorum none", "no newline"},
	"no last newline in a comment":  {"quorum none\n#", "no newline"},
	"two quorum lines":              {ab + "quorum a\nquorum b\n", "line 4: second quorum"},
	"the same quorum twice":         {"quorum none\nquorum none\n", "second quorum"},
	"weaker second quorum":          {ab + "quorum a\nquorum none\n", "second quorum"},
	"quorum of nothing":             {ab + "quorum\n", "line 3"},
	"quorum of two":                 {ab + "quorum a b\n", "line 3"},
	"quorum before its witness":     {"quorum a\nwitness a $1\n", "not defined"},
	"quorum of a log":               {"log $L\nquorum log.example\n", "not defined"},
	"quorum None":                   {"quorum None\n", "not defined"},
	"threshold 0":                   {ab + "group g 0 a\nquorum g\n", "threshold"},
	"threshold 0 of two":            {ab + "group g 0 a b\nquorum g\n", "threshold"},
	"threshold above the members":   {ab + "group g 3 a b\nquorum g\n", "threshold"},
	"threshold 02":                  {ab + "group g 02 a b\nquorum g\n", "threshold"},
	"threshold +1":                  {ab + "group g +1 a b\nquorum g\n", "threshold"},
	"threshold -1":                  {ab + "group g -1 a b\nquorum g\n", "threshold"},
	"threshold 2^64+1":              {ab + "group g 18446744073709551617 a b\nquorum g\n", "threshold"},
	"threshold 2^32+1":              {ab + "group g 4294967297 a b\nquorum g\n", "threshold"},
	"threshold ALL":                 {ab + "group g ALL a b\nquorum g\n", "threshold"},
	"threshold 1.0":                 {ab + "group g 1.0 a b\nquorum g\n", "threshold"},
	"all of nothing":                {"group g all\nquorum g\n", "line 1"},
	"any of nothing":                {"group g any\nquorum g\n", "line 1"},
	"group without words":           {"group\nquorum none\n", "line 1"},
	"member twice":                  {ab + "group g 2 a a\nquorum g\n", "member twice"},
	"member of two groups":          {ab + "group g any a b\ngroup h any a\nquorum h\n", "member twice"},
	"member none":                   {ab + "group g any none a\nquorum g\n", "not defined"},
	"member not yet defined":        {"witness a $1\ngroup g any a b\nwitness b $2\nquorum g\n", "not defined"},
	"member of itself":              {ab + "group g any g a\nquorum g\n", "not defined"},
	"two witnesses of one name":     {"witness a $1\nwitness a $2\nquorum a\n", "defined twice"},
	"a group with a witness's name": {ab + "group a any b\nquorum a\n", "defined twice"},
	"two groups of one name":        {ab + "group g any a\ngroup g any b\nquorum g\n", "defined twice"},
	"a witness named none":          {"witness none $1\nquorum none\n", "cannot be defined"},
	"a group named none":            {ab + "group none any a\nquorum none\n", "cannot be defined"},
	"one key as two witnesses":      {"witness a $1\nwitness b $1\nquorum a\n", "another line"},
	"one key under two names":       {"witness a $1\nwitness b " + newSigner("alias", TypeEd25519Cosignature, 2).key.String() + "\nquorum a\n", "another line"},
	"a log's key as a witness's":    {"log $L\nwitness a " + newSigner("log.example", TypeEd25519Cosignature, 1).key.String() + "\nquorum a\n", "another line"},
	"one key as two logs":           {"log $L\nlog $L\nquorum none\n", "another line"},
	"one key as logs of two names":  {"log $L\nlog " + newSigner("alias.example", TypeEd25519, 1).key.String() + "\nquorum none\n", "another line"},
	"a log's type as a witness":     {"witness a $L\nquorum a\n", "0x04 or 0x06"},
	"a witness's type as a log":     {"log $1\nquorum none\n", "0x01 or 0x06"},
	"unknown key type":              {"log log.example+00000000+AqYI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c\nquorum none\n", "0x02 is not supported"},
	"wrong key ID":                  {"witness a w1.example+00000000+" + strings.SplitN(policyText("$1"), "+", 3)[2] + "\nquorum a\n", "key ID"},
	"log blah":                      {"log blah\nquorum none\n", "line 1"},
	"log without a key":             {"log\nquorum none\n", "line 1"},
	"witness without a key":         {"witness a\nquorum none\n", "line 1"},
	"witness with a name too much":  {"witness a b $1\nquorum a\n", "line 1"},
	"surplus word":                  {"witness a $1 https://w/ x\nquorum a\n", "line 1"},
	"comment after a key":           {"witness a $1 #comment\nquorum a\n", "URL"},
	"comment after a log":           {"log $L # comment\nquorum none\n", "line 1"},
	"comment after a group":         {ab + "group g any a # b\nquorum g\n", "not defined"},
	"comment after the quorum":      {"quorum none # for now\n", "line 1"},
	"URL without scheme":            {"witness a $1 w.example\nquorum a\n", "URL"},
	"URL of a scheme only":          {"witness a $1 https://\nquorum a\n", "URL"},
	"no-break space as separator":   {"witness a\u00a0$1\nquorum a\n", "line 1"},
	"no-break space before":         {"\u00a0quorum none\n", "line 1"},
	"em space after":                {"quorum none\u2003\n", "not defined"},
	"CRLF":                          {"quorum none\r\n", "control"},
	"vertical tab":                  {"quorum\vnone\n", "control"},
	"form feed":                     {"quorum\fnone\n", "control"},
	"NUL in a comment":              {"# \x00\nquorum none\n", "control"},
	"DEL":                           {"# \x7f\nquorum none\n", "control"},
	"byte order mark":               {"\ufeffquorum none\n", "line 1"},
	"upper case keyword":            {"QUORUM none\n", "line 1"},
	"unknown keyword":               {"quorum none\nmirror x\n", "line 2"},
	"a key alone":                   {"$1\nquorum none\n", "line 1"},
	"more than 1 MiB":               {strings.Repeat("#\n", MaxPolicy/2) + "quorum none\n", "at most"},
}

func TestPolicyRefuses(t *testing.T) {
	for name, test := range refusedPolicies {
		t.Run(name, func(t *testing.T) {
			p, err := ParsePolicy([]byte(policyText(test.s)))
			if p != nil {
				t.Errorf("accepted as %q", p)
			}
			wantError(t, err, test.want)
		})
	}
}

func TestPolicyLimits(t *testing.T) {
	build := func(n int) string {
		var b strings.Builder
		for i := range n {
			seed := make([]byte, 32)
			seed[0], seed[1] = byte(i), byte(i>>8)
			key, err := NewVerifierKey(fmt.Sprintf("w%d", i), TypeEd25519Cosignature, seed)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "witness w%d %s\n", i, key)
			fmt.Fprintf(&b, "group g%d any w%d", i, i)
			if i > 0 {
				fmt.Fprintf(&b, " g%d", i-1)
			}
			b.WriteByte('\n')
		}
		return b.String() + fmt.Sprintf("quorum g%d\n", n-1)
	}
	p, err := ParsePolicy([]byte(build(256))) // a chain of 256 groups
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Tolerance(); got != -1 {
		t.Error(got)
	}
	if warnings := p.Warnings(); len(warnings) != 1 {
		t.Errorf("%q", warnings)
	}
	_, err = ParsePolicy([]byte(build(257)))
	wantError(t, err, "more than 256")
}

func TestPolicyMadeByHandIsChecked(t *testing.T) {
	w := Witness{Name: "a", Key: newSigner("w.example", TypeEd25519Cosignature, 2).key}
	cp := testCheckpoint(3)
	n := mustNote(t, signedNote(cp.Marshal(), testLog.line(t, cp, 0)))
	for name, p := range map[string]*Policy{
		"zero value":                {},
		"no quorum":                 {Witnesses: []Witness{w}},
		"threshold 0":               {Witnesses: []Witness{w}, Groups: []Group{{Name: "g", Members: []string{"a"}}}, Quorum: "g"},
		"negative threshold":        {Witnesses: []Witness{w}, Groups: []Group{{Name: "g", Threshold: -1, Members: []string{"a"}}}, Quorum: "g"},
		"group without members":     {Groups: []Group{{Name: "g", Threshold: 1}}, Quorum: "g"},
		"unknown quorum":            {Quorum: "g"},
		"groups in a circle":        {Groups: []Group{{Name: "g", Threshold: 1, Members: []string{"h"}}, {Name: "h", Threshold: 1, Members: []string{"g"}}}, Quorum: "g"},
		"name with a newline":       {Witnesses: []Witness{{Name: "a\nquorum none", Key: w.Key}}, Quorum: NoQuorum},
		"empty name":                {Witnesses: []Witness{{Key: w.Key}}, Quorum: NoQuorum},
		"URL with a space":          {Witnesses: []Witness{{Name: "a", Key: w.Key, URL: "https://a b"}}, Quorum: NoQuorum},
		"zero key":                  {Witnesses: []Witness{{Name: "a"}}, Quorum: NoQuorum},
		"log with a key of no type": {Logs: []PolicyLog{{}}, Quorum: NoQuorum},
	} {
		t.Run(name, func(t *testing.T) {
			if err := p.Check(); err == nil {
				t.Error("accepted")
			}
			if r, err := p.Evaluate(n, 10); err == nil || r.Satisfied {
				t.Error("evaluated")
			}
			if _, r, err := p.Open(n.Marshal(), 10); err == nil || r.Satisfied {
				t.Error("opened")
			}
			if _, ok := p.EarliestQuorum(make([]int64, len(p.Witnesses))); ok {
				t.Error("has a quorum time")
			}
			if _, ok := p.LatestQuorum(make([]int64, len(p.Witnesses))); ok {
				t.Error("has a latest quorum time")
			}
			if p.Tolerance() != -1 || p.Blocks(make([]bool, len(p.Witnesses))) || len(p.Warnings()) != 1 {
				t.Error("has a tolerance, is blocked or has no warning")
			}
		})
	}
}

func TestPolicyWarnings(t *testing.T) {
	own := newSigner("log.example", TypeMLDSA44, 6).key.String()
	for name, test := range map[string]struct {
		s    string
		want []string
	}{
		"nothing to warn of":            {"witness a $1\nwitness b $2\nwitness c $3\ngroup g all a b c\nquorum g\n", nil},
		"no quorum":                     {"quorum none\n", []string{"quorum none: the log alone"}},
		"one operator counts twice":     {"witness a $1\nwitness b $P\nwitness c $3\ngroup g 3 a b c\nquorum g\n", []string{`group "g" counts "w1.example" twice`}},
		"twice in nested groups":        {"witness a $1\nwitness b $P\nwitness c $3\ngroup g all a c\ngroup h all g b\nquorum h\n", []string{`group "h" counts "w1.example" twice`}},
		"once in a group any":           {"witness a $1\nwitness b $P\nwitness c $3\nwitness d $4\ngroup g any a b\ngroup h all g c d\nquorum h\n", nil},
		"a witness outside the quorum":  {"witness a $1\nwitness b $2\nwitness c $3\ngroup g all a b\nquorum g\n", []string{`witness "c" is not part`}},
		"2 of 3":                        {"witness a $1\nwitness b $2\nwitness c $3\ngroup g 2 a b c\nquorum g\n", []string{"tolerates no faulty"}},
		"1 of 2":                        {"witness a $1\nwitness b $2\ngroup g any a b\nquorum g\n", []string{"cannot exclude a fork"}},
		"a witness with the log's name": {"log $L\nwitness a " + own + "\nwitness b $2\ngroup g all a b\nquorum g\n", []string{`witness "a" has the name of a log`}},
	} {
		t.Run(name, func(t *testing.T) {
			got := mustPolicy(t, test.s).Warnings()
			if len(got) != len(test.want) {
				t.Fatalf("%q, want %q", got, test.want)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], test.want[i]) && !strings.Contains(got[i], test.want[i]) {
					t.Errorf("%q, want %q", got[i], test.want[i])
				}
			}
		})
	}
}
