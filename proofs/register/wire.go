package register

import (
	"encoding/binary"
	"fmt"
)

// maxLP is the longest byte string that the length prefix u16 can announce.
const maxLP = 1<<16 - 1

// appendLP appends x with its length as u16. It panics when x is longer than maxLP: callers bound their fields first.
func appendLP(b, x []byte) []byte {
	if len(x) > maxLP {
		panic(fmt.Sprintf("register: field of %d bytes does not fit a 16-bit length", len(x)))
	}
	return append(binary.BigEndian.AppendUint16(b, uint16(len(x))), x...)
}

// A decoder reads big-endian fields from the front of b. A read past the end returns zeros and sets short, which end reports.
type decoder struct {
	b     []byte
	short bool
}

func (d *decoder) take(n int) []byte {
	if d.short || len(d.b) < n {
		d.short = true
		return make([]byte, min(n, 64))
	}
	x := d.b[:n]
	d.b = d.b[n:]
	return x
}

func (d *decoder) u8() uint8   { return d.take(1)[0] }
func (d *decoder) u16() uint16 { return binary.BigEndian.Uint16(d.take(2)) }
func (d *decoder) u32() uint32 { return binary.BigEndian.Uint32(d.take(4)) }
func (d *decoder) u64() uint64 { return binary.BigEndian.Uint64(d.take(8)) }
func (d *decoder) hash() Hash  { return Hash(d.take(32)) }

// lp reads a length-prefixed byte string and copies it.
func (d *decoder) lp() []byte { return append([]byte{}, d.take(int(d.u16()))...) }

func (d *decoder) typedDigest() TypedDigest { return TypedDigest(d.take(33)) }
func (d *decoder) typedKey() TypedKey       { return TypedKey(d.take(33)) }

// end reports whether the input was exactly as long as what was read.
func (d *decoder) end(what string) error {
	if d.short {
		return formatError(what, "too short")
	}
	if len(d.b) > 0 {
		return formatError(what, "%d bytes after the end", len(d.b))
	}
	return nil
}
