package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/docketlog/docket/client"
	"github.com/docketlog/docket/proofs"
)

// stapleView is what staple says of what it wrote to a file.
type stapleView struct {
	File      string   `json:"file"`
	Size      uint64   `json:"size"`
	Registers []string `json:"registers"`
}

func (s *staple) write(out io.Writer, r *proofs.Receipt) error {
	if s.out == "" {
		_, err := out.Write(r.Marshal())
		return err
	}
	if err := client.WriteFile(s.out, r.Marshal(), 0o644); err != nil {
		return err
	}
	cp, err := checkpointOf(r)
	if err != nil {
		return err
	}
	v := stapleView{File: s.out, Size: cp.Size}
	for _, p := range r.Registers {
		absent := ""
		if p.Value == nil {
			absent = " (absent)"
		}
		v.Registers = append(v.Registers, fmt.Sprintf("%v %s%s", p.Type, p.ID, absent))
	}
	text := fmt.Appendf(nil, "staple of %s, as of size %d (verified), in %s\n", strings.Join(v.Registers, ", "), v.Size, v.File)
	if s.json {
		text = jsonLine(v)
	}
	_, err = out.Write(text)
	return err
}
