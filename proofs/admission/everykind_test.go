package admission

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kindsRefused is what the scripts of this process did to each kind.
var kindsRefused = make(map[string]bool)

// ruledBy are the codes that can refuse each kind once its form is good. Beside
// them E101 (size), E306 and, until genesis is agreed to, E105 can refuse all.
const ruledBy = `
policy.set        E105 E201 E202 E205 E206 E404 E405 E407 E701
identity.enroll   E105 E201 E202 E203 E204 E205 E206 E207 E404 E405 E407 E701
identity.rotate   E105 E201 E202 E203 E205 E206 E207 E404 E405 E407 E701
identity.suspend  E201 E202 E206 E207 E405 E701
identity.resume   E105 E201 E202 E206 E207 E404 E405 E407 E701
identity.revoke   E201 E202 E206 E207 E405 E701
identity.retire   E201 E202 E206 E207 E405 E701
workflow.define   E105 E201 E202 E206 E304 E404 E405 E407 E408 E701
workflow.retire   E105 E201 E202 E206 E305 E404 E405 E407 E701
request.open      E201 E202 E206 E303 E305 E701
request.cancel    E201 E202 E206 E301 E701
decision.grant    E105 E201 E202 E207 E401 E402 E403 E404 E405 E407 E409 E701
decision.deny     E201 E202 E401 E403 E701
decision.revoke   E201 E202 E403 E405 E407 E701
step.intent       E201 E202 E206 E301 E402 E404 E405 E406 E407 E409 E501 E502 E701
document.release  E201 E202 E206 E301 E402 E404 E405 E406 E407 E408 E409 E501 E701
document.withdraw E201 E202 E206 E301 E402 E404 E405 E406 E407 E408 E409 E501 E701
step.done         E201 E202
outcome.close     E201 E202
attest.observe    E201 E202
finding.refuse    E201 E202 E206
finding.alert     E201 E202
finding.ack       E201 E202 E206
finding.close     E201 E202 E206
`

// TestEveryKind: the scripts admit each kind, and refuse it with each code that
// can refuse it, and with no other.
func TestEveryKind(t *testing.T) {
	clear(kindsRefused)
	files, _ := filepath.Glob("testdata/*.txt")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		runScript(t, file, 1, string(text))
	}
	may := make(map[string]bool)
	for _, line := range strings.Split(strings.TrimSpace(ruledBy), "\n") {
		words := strings.Fields(line)
		for _, code := range append(words[1:], "ok") {
			may[words[0]+" "+code] = true
			if !kindsRefused[words[0]+" "+code] {
				t.Errorf("no script has %s -> %s", words[0], code)
			}
		}
		for _, code := range []string{CodeDuplicate, CodeForm, CodeGenesis} {
			may[words[0]+" "+code] = true
		}
	}
	for got := range kindsRefused {
		if !may[got] {
			t.Errorf("a script has %s, which the table does not", got)
		}
	}
}
