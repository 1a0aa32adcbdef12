package server_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/docketlog/docket/log/logtest"
	"github.com/docketlog/docket/log/server"
	"github.com/docketlog/docket/proofs/admission"
)

// Every range of contents holds exactly what the entries have, one by one.
func TestContentsAreThoseOfTheEntries(t *testing.T) {
	s := newSite(t)
	for i := range 3 {
		s.post(s.release(fmt.Sprintf("contracts/%d", i)))
	}
	v := s.l.View()
	defer v.Release()
	for from := range v.Size() {
		for to := from + 1; to <= v.Size(); to++ {
			var want []byte
			for i := from; i < to; i++ {
				payload := []byte{}
				if e, err := v.Envelope(i); err == nil {
					payload = e.Payload
				}
				want = append(binary.BigEndian.AppendUint32(want, uint32(len(payload))), payload...)
			}
			a := s.do("GET", fmt.Sprintf("/api/v1/contents/%d/%d", from, to), nil)
			if a.status != 200 || !bytes.Equal(a.body, want) {
				t.Fatalf("%d to %d: status %d, %d bytes, want %d", from, to, a.status, len(a.body), len(want))
			}
		}
	}
	size := v.Size()
	for path, want := range map[string]string{
		"0/0": "index", "2/1": "index", "x/1": "index", "0/01": "index", "-1/1": "index",
		fmt.Sprintf("0/%d", server.MaxContents+1): "too-many",
		fmt.Sprintf("0/%d", size+1):               "not-found",
		fmt.Sprintf("%d/%d", size, size+1):        "not-found",
	} {
		status := map[string]int{"index": 400, "too-many": 400, "not-found": 404}[want]
		s.do("GET", "/api/v1/contents/"+path, nil).refused(t, status, want, "")
	}
}

// A range of several pieces is one answer.
func TestContentsOfManyEntries(t *testing.T) {
	s := newSite(t)
	var want []byte
	var batch []*admission.Checked
	for i := range 700 {
		e := s.release(fmt.Sprintf("contracts/%d", i))
		batch = append(batch, s.w.Checked(e))
		want = append(binary.BigEndian.AppendUint32(want, uint32(len(e.Payload))), e.Payload...)
	}
	logtest.Submit(t, s.l, batch...)
	want = append(want, 0, 0, 0, 0) // their seal
	a := s.do("GET", "/api/v1/contents/5/706", nil)
	if a.status != 200 || !bytes.Equal(a.body, want) {
		t.Errorf("status %d, %d bytes, want %d", a.status, len(a.body), len(want))
	}
}
