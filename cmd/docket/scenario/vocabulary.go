package scenario

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A usage is what words a declaration or an act takes: plain ones in their order,
// then named ones, "!" behind those that must be there.
type usage struct {
	words []sort
	named string // "name:sort name:sort! ..."
}

// declarations are the kinds of the cast.
var declarations = map[string]usage{
	"identity": {[]sort{sortText}, "class:text! owner:text! roles:list verbs:list namespaces:list tools:list custody:text! until:time key:text name:text mail:text"},
	"member":   {[]sort{sortText}, ""},
	"workflow": {[]sort{sortText}, "namespaces:list steps:list! gated:list actors:list tools:list targets:list destinations:ids " +
		"n:number! roles:list class:text! level:text ttl:duration! withdraw:number expects:ids runners:list detail:text materiality:text " +
		"duration:duration! attempts:number! retry:duration!"},
	"policy": {[]sort{sortText}, "members:ids! m:number! log:id! skew:duration! grantMax:duration! accessMax:duration! overridable:list overrideRoles:list direct:list"},
}

// stepWords are the named words of intent and done.
const stepWords = "as:name key:text attempt:number seq:number! tool:text! target:text! privilege:text in:files verdict:text branch:text runner:text model:text retryOf:ref "

// signed are the acts that sign a statement and submit it.
var signed = map[string]usage{
	"policy":        {[]sort{sortText}, "as:name"},
	"grant":         {[]sort{sortText}, "as:name key:text to:id! role:text! rule:text! about:ref actingFor:ref namespaces:list identity:id text:text flow:flow doc:text v:number file:file step:text attempt:number tool:text target:text in:files resource:text privilege:text uses:number ttl:duration until:time override:text reason:text reviewBy:time newkey:text expires:time"},
	"enroll":        {[]sort{sortID}, "as:name key:text newkey:text spends:refs"},
	"rotate":        {[]sort{sortID}, "as:name key:text newkey:text! spends:refs! expires:time"},
	"suspend":       {[]sort{sortID}, "as:name key:text reason:text!"},
	"revoke":        {[]sort{sortID}, "as:name key:text reason:text! since:time"},
	"define":        {[]sort{sortFlow}, "as:name key:text spends:refs!"},
	"open":          {[]sort{sortText}, "as:name key:text flow:flow! executor:id! in:files doc:text resource:text privilege:text seconds:number task:text trigger:text traceparent:text external:text parent:text subjectRef:text"},
	"cancel":        {[]sort{sortRef}, "as:name key:text reason:text!"},
	"deny":          {[]sort{sortRef}, "as:name key:text rule:text! reason:text!"},
	"take-back":     {[]sort{sortRef}, "as:name key:text reason:text!"},
	"intent":        {[]sort{sortRef, sortText}, stepWords + "spends:refs"},
	"done":          {[]sort{sortRef, sortText}, stepWords + "intent:ref out:files result:text cause:text changes:list prompt:text"},
	"outcome":       {[]sort{sortRef, sortText}, "as:name key:text attempt:number cause:text missing:list out:file"},
	"release":       {[]sort{sortText, sortText}, "as:name key:text file:file! run:ref spends:refs prev:ref to:ids"},
	"withdraw":      {[]sort{sortText, sortText}, "as:name key:text file:file! run:ref spends:refs reason:text!"},
	"attest":        {[]sort{sortText}, "as:name key:text about:ref run:ref file:file"},
	"sign-as-erase": {[]sort{sortRef}, "key:text"},
}

// others are the acts that sign nothing.
var others = map[string]usage{
	"again":  {[]sort{sortRef}, "key:text"}, // submits a statement once more, signed anew
	"cosign": {nil, ""},                     // a witness cosigns the newest checkpoint
	"verify": {[]sort{sortFile}, "receipt:ref! doc:text at:text"},
	"state":  {[]sort{sortText, sortText}, ""}, // of a register
	"effect": {[]sort{sortRef}, ""},            // of a statement of a run: claimed or confirmed
	"wait":   {nil, ""},                        // nothing is done: the time comes
}

// What can come of an act.
var (
	ofStatements = regexp.MustCompile(`^(OK|same|E[0-9]{3})$`)
	ofOthers     = map[string]*regexp.Regexp{
		"cosign": regexp.MustCompile(`^(OK)$`),
		"wait":   regexp.MustCompile(`^(OK)$`),
		"verify": regexp.MustCompile(`^(AUTHORITATIVE|WAS-AUTHORITATIVE|WITHDRAWN|UNKNOWN|CONTRADICTED|INVALID)$`),
		"state":  regexp.MustCompile(`^(none|current|withdrawn|active|suspended|revoked|retired|open|spent|success|partial|failed|aborted|cancelled|denied)$`),
		"effect": regexp.MustCompile(`^(claimed|confirmed)$`),
	}
)

func outcomes(verb string) *regexp.Regexp {
	if form, ok := ofOthers[verb]; ok {
		return form
	}
	return ofStatements
}

// usageOf finds an act.
func usageOf(verb string) (usage, bool) {
	if u, ok := signed[verb]; ok {
		return u, true
	}
	u, ok := others[verb]
	return u, ok
}

// sorts are the named words that a usage takes, and which of them must be there.
func (u usage) sorts() (all map[string]sort, mandatory []string) {
	all = make(map[string]sort)
	for _, w := range strings.Fields(u.named) {
		name, s, _ := strings.Cut(w, ":")
		s, must := strings.CutSuffix(s, "!")
		if all[name] = sort(s); must {
			mandatory = append(mandatory, name)
		}
	}
	return all, mandatory
}

// read checks plain and named words against a usage.
func (s *Story) read(u usage, plain []string, named args, defined []string) error {
	if len(plain) != len(u.words) {
		return fmt.Errorf("%d plain words, want %d: %s", len(plain), len(u.words), u)
	}
	for i, w := range plain {
		if err := s.check(w, u.words[i], defined); err != nil {
			return err
		}
	}
	all, mandatory := u.sorts()
	for _, name := range mandatory {
		if !named.has(name) {
			return fmt.Errorf("%s= is missing", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		as, ok := all[name]
		if !ok {
			return fmt.Errorf("%s= is unknown here: %s", name, u)
		}
		if err := s.check(named[name], as, defined); err != nil {
			return fmt.Errorf("%s=: %w", name, err)
		}
	}
	return nil
}

// String says what a usage takes.
func (u usage) String() string {
	var words []string
	for _, w := range u.words {
		words = append(words, "<"+string(w)+">")
	}
	all, _ := u.sorts()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		words = append(words, name+"=")
	}
	return "it takes " + strings.Join(words, " ")
}
