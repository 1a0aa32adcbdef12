package scenario

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/log"
	"github.com/docketlog/docket/proofs"
)

// A world is who takes part in a story, with their keys. But for the log's they
// are made anew for each play.
type world struct {
	story     *Story
	clock     *Clock
	signer    *log.Signer // the log's key
	witnesses map[string]*witness
	keys      map[string]client.Signer // by the key's name
	current   map[string]string        // by identity: the name of the key that it uses
	policy    []byte                   // the verifier policy, a tlog-policy file
}

func newWorld(s *Story, signer *log.Signer) (*world, error) {
	w := &world{
		story: s, clock: &Clock{}, signer: signer, witnesses: make(map[string]*witness),
		keys: make(map[string]client.Signer), current: make(map[string]string),
	}
	for _, name := range s.Witnesses {
		var err error
		if w.witnesses[name], err = newWitness(name); err != nil {
			return nil, err
		}
	}
	w.policy = w.verifierPolicy()
	return w, nil
}

// verifierPolicy is the tlog-policy file that everybody in the story pins.
func (w *world) verifierPolicy() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "log %s\n", w.signer.Key())
	for _, name := range w.story.Witnesses {
		fmt.Fprintf(&b, "witness %s %s\n", name, w.witnesses[name].key)
	}
	if w.story.Quorum == 0 {
		return []byte(b.String() + "quorum none\n")
	}
	fmt.Fprintf(&b, "group witnesses %d %s\nquorum witnesses\n", w.story.Quorum, strings.Join(w.story.Witnesses, " "))
	return []byte(b.String())
}

// verifier pins the log by its key and by its genesis.
func (w *world) verifier(genesis proofs.Hash) (proofs.Verifier, error) {
	policy, err := proofs.ParsePolicy(w.policy)
	return proofs.Verifier{Policy: policy, Genesis: genesis}, err
}

// key is the P-256 key with this name, which is made when it is first used.
func (w *world) key(name string) (client.Signer, error) {
	if k, ok := w.keys[name]; ok {
		return k, nil
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	k, err := client.NewSigner(private)
	w.keys[name] = k
	return k, err
}

// author is an identity that signs with its own key, or with another one.
func (w *world) author(id, keyName string) (*client.Author, error) {
	if keyName == "" {
		keyName = w.keyName(id)
	}
	k, err := w.key(keyName)
	return &client.Author{Log: w.story.Origin, ID: id, Signer: k, Now: w.clock.Now}, err
}

// keyName is the name of the key that an identity uses: the one it rotated to, the
// one that the cast gives it, or its own id.
func (w *world) keyName(id string) string {
	if name, ok := w.current[id]; ok {
		return name
	}
	d, _ := w.story.declared("identity", id)
	return d.args.or("key", id)
}
