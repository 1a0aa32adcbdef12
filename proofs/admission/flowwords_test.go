package admission

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/docketlog/docket/proofs/statement"
)

// Words about workflows.

// office is a world in which people and programs work on claims: who asks, who
// decides in which role, who executes and who publishes.
const office = `
genesis overridable=approval,level,destinations,maxAttempts,maxDuration overrideRoles=security grantMax=7200 accessMax=1800 direct=open/ -> ok
enroll svc/reg by h/admin roles=registrar owner=team-registry -> ok
enroll h/plat by svc/reg class=human verbs=workflow.define,workflow.retire namespaces=flows/ -> ok
enroll h/ask by svc/reg class=human roles=legal verbs=request.open,request.cancel namespaces=claims/,flows/ -> ok
enroll h/legal by svc/reg class=human roles=legal namespaces=claims/,flows/ -> ok
enroll h/law by svc/reg class=human roles=legal namespaces=claims/,flows/ -> ok
enroll h/risk by svc/reg class=human roles=risk namespaces=claims/,flows/ -> ok
enroll h/sec by svc/reg class=human roles=security namespaces=claims/,flows/ -> ok
enroll wl/exec by svc/reg owner=team-exec verbs=document.release,document.withdraw,step.intent namespaces=claims/ -> ok
enroll wl/pub by svc/reg owner=team-pub verbs=document.release,document.withdraw,step.intent namespaces=claims/ -> ok
enroll wl/gw by svc/reg owner=team-gw verbs=document.release,step.intent namespaces=claims/ -> ok
`

var flowWords = []string{"detail", "materiality", "steps", "attempts", "n", "approvers", "approverClass", "level", "ttl", "lasts",
	"destinations", "withdrawals", "tools", "targets", "spaces"}

// flowText is the text of a workflow of these words: "ID vN detail= materiality= ...".
// Without such words it is the one that was granted under this id and version.
func (s *script) flowText(a *args) []byte {
	id, v := a.word(), a.word()
	if text := s.flows[id+"@"+v]; text != nil && !a.names(flowWords) {
		return text
	}
	w := statement.Workflow{
		ID: id, Version: versionOf(v), Namespaces: a.list("spaces", "claims/"), Tools: a.list("tools", ""), Targets: a.list("targets", ""),
		Steps: flowSteps(a.list("steps", "render")), Destinations: a.list("destinations", ""), WithdrawGrants: a.number("withdrawals", 0),
		Approval: statement.Approval{
			N: a.number("n", 1), Roles: a.list("approvers", ""), Class: a.value("approverClass", "human"), Level: a.value("level", "any"), TTLSeconds: a.number("ttl", 3600),
		},
		Expects: []string{}, Runners: []statement.Digest{}, Detail: a.value("detail", "full"), Materiality: a.value("materiality", "external"),
		Retention: "P7Y", MaxDurationSeconds: a.number("lasts", 3600), MaxAttempts: a.number("attempts", 1),
	}
	text, err := w.Marshal()
	must(err)
	return text
}

func (s *script) workflowText(a *args) statement.Digest { return sha256.Sum256(s.flowText(a)) }

// grantWorkflow is the text that a grant is for. Later lines need not repeat it.
func (s *script) grantWorkflow(a *args) statement.Digest {
	name := fmt.Sprintf("%s@%s", a.words[0], a.words[1])
	text := s.flowText(a)
	s.flows[name] = text
	return sha256.Sum256(text)
}

// flowOf reads a workflow's text from flow=ID@vN and the words of its definition.
func (s *script) flowOf(a *args) statement.Digest {
	id, v, _ := strings.Cut(a.value("flow", "flows/a@v1"), "@")
	words := &args{words: []string{id, v}, values: make(map[string]string)}
	for _, name := range flowWords {
		if value := a.value(name, ""); value != "" {
			words.values[name] = value
		}
	}
	return s.workflowText(words)
}

// names says whether a line has one of these values.
func (a *args) names(names []string) bool {
	for _, name := range names {
		if _, ok := a.values[name]; ok {
			return true
		}
	}
	return false
}

// flowSteps reads steps: "fetch" is required, "recon?" is not, "publish!" is the
// release, "unlock+" is gated, "draft:wl/ai" has an actor.
func flowSteps(words []string) (steps []statement.WorkflowStep) {
	for _, word := range words {
		name, actor, _ := strings.Cut(word, ":")
		s := statement.WorkflowStep{
			Required: !strings.Contains(name, "?"), Release: strings.Contains(name, "!"), Gated: strings.Contains(name, "+"), Actors: []string{},
		}
		s.Name = strings.TrimRight(name, "?!+")
		if actor != "" {
			s.Actors = []string{actor}
		}
		steps = append(steps, s)
	}
	return steps
}
