package proofs

import (
	"strings"
	"testing"

	flog "github.com/transparency-dev/formats/log"
)

const emptyRootText = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

func TestEmptyRoot(t *testing.T) {
	if encodeBase64(EmptyRoot[:]) != emptyRootText {
		t.Fatalf("%x", EmptyRoot)
	}
}

func TestCheckpointRoundTrip(t *testing.T) {
	for _, body := range []string{
		"log.example\n3\n1Pksj7uJcg6ztVZ3x9fvrd/rENEaGoSguo8aIzN/qpU=\n",
		"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
		"log.example\n0\n" + emptyRootText + "\n",
		strings.Repeat("a", 255) + "\n9223372036854775807\n" + emptyRootText + "\n",
		"è.example\n1\n" + emptyRootText + "\n",
	} {
		cp, err := ParseCheckpoint([]byte(body))
		if err != nil || string(cp.Marshal()) != body {
			t.Fatalf("%q: %+v, %v", body, cp, err)
		}
		var theirs flog.Checkpoint
		if rest, err := theirs.Unmarshal([]byte(body)); err != nil || len(rest) != 0 || theirs.Size != cp.Size || theirs.Origin != cp.Origin {
			t.Errorf("formats reads %+v, %v", theirs, err)
		}
	}
}

func TestCheckpointIsCanonical(t *testing.T) {
	const root = "1Pksj7uJcg6ztVZ3x9fvrd/rENEaGoSguo8aIzN/qpU="
	sized := func(size string) string { return "log.example\n" + size + "\n" + root + "\n" }
	rooted := func(root string) string { return "log.example\n3\n" + root + "\n" }
	for name, body := range map[string]string{
		"nothing": "", "origin only": "log.example\n", "no root": "log.example\n3\n",
		"size 007": sized("007"), "size +7": sized("+7"), "size -7": sized("-7"), "empty size": sized(""),
		"size 2^63": sized("9223372036854775808"), "size 2^64": sized("18446744073709551616"), "size with space": sized(" 7"),
		"size in hex": sized("0x7"), "size with CR": sized("7\r"),
		"root of 3 bytes": rooted("AAAA"), "root of 31 bytes": rooted(encodeBase64(make([]byte, 31))),
		"root of 33 bytes": rooted(encodeBase64(make([]byte, 33))), "empty root line": rooted(""),
		"root with padding bits": rooted(root[:42] + "V="), "root without padding": rooted(root[:43]),
		"root with CR": rooted(root + "\r"), "CR inside the root": rooted(root[:10] + "\r" + root[10:]),
		"root with a space":      rooted(root + " "),
		"root in URL alphabet":   rooted(strings.ReplaceAll(root, "/", "_")),
		"empty extension line":   rooted(root) + "\n",
		"extension line":         rooted(root) + "ext\n",
		"two extension lines":    rooted(root) + "a\nb\n",
		"unterminated extension": rooted(root) + "ext",
		"no last newline":        strings.TrimSuffix(rooted(root), "\n"),
		"size 0 with a root":     sized("0"),
		"empty origin":           "\n3\n" + root + "\n",
		"origin with a space":    "log example\n3\n" + root + "\n",
		"origin with NBSP":       "log\u00a0example\n3\n" + root + "\n",
		"origin with a plus":     "log+example\n3\n" + root + "\n",
		"origin with a tab":      "log\texample\n3\n" + root + "\n",
		"origin with CR":         "log.example\r\n3\n" + root + "\n",
		"origin of bad UTF-8":    "log\xff\n3\n" + root + "\n",
		"origin of 256 bytes":    strings.Repeat("a", 256) + "\n3\n" + root + "\n",
		"a megabyte":             strings.Repeat("a", 1<<20) + "\n3\n" + root + "\n",
		"empty line before":      "\n" + rooted(root),
	} {
		t.Run(name, func(t *testing.T) {
			if cp, err := ParseCheckpoint([]byte(body)); err == nil {
				t.Errorf("accepted as %+v", cp)
			}
		})
	}
}

func TestDocketCheckpoint(t *testing.T) {
	if err := testCheckpoint(3).CheckDocket(); err != nil {
		t.Error(err)
	}
	wantError(t, testCheckpoint(0).CheckDocket(), "at least 2")
	wantError(t, testCheckpoint(1).CheckDocket(), "at least 2")
	cp := testCheckpoint(3)
	cp.Origin = "log.example/1"
	wantError(t, cp.CheckDocket(), "bare host name")
	cp = testCheckpoint(3)
	cp.Size = 1 << 63
	wantError(t, cp.CheckDocket(), "above 2^63-1")
}

func TestOriginIsABareHostName(t *testing.T) {
	long := strings.Repeat("abc.", 63) + "abc" // 255 bytes
	for _, s := range []string{"log.example", "localhost", "a", "127.0.0.1", "xn--bcher-kva.example", "2026.log.example", strings.Repeat("a", 63) + ".b", long} {
		if !ValidOrigin(s) {
			t.Errorf("%q refused", s)
		}
	}
	for name, s := range map[string]string{
		"empty": "", "scheme": "https://log.example", "path": "log.example/1", "port": "log.example:443", "upper case": "Log.example",
		"last dot": "log.example.", "first dot": ".example", "two dots": "log..example", "dot": ".", "hyphen first": "-log.example",
		"hyphen last": "log-.example", "hyphen at the end": "log.example-", "hyphen": "-", "underscore": "log_1.example", "space": "log .example", "plus": "log+1.example",
		"newline": "log.example\n", "umlaut": "bücher.example", "label of 64": strings.Repeat("a", 64) + ".b", "256 bytes": long + "d",
		"user": "u@log.example", "IPv6": "[::1]", "NUL": "log\x00",
	} {
		if ValidOrigin(s) {
			t.Errorf("%s: %q accepted", name, s)
		}
	}
}
