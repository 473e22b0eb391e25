package record

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the test vectors anew")

// vectors are the files of testdata, as this code makes them.
func vectors(t *testing.T) map[string][]byte {
	t.Helper()
	o := options()
	o.Policy = jointPolicy()
	at := int64(1_462_464_000_000)
	o.Now = func() time.Time { return time.UnixMilli(at) }
	l := openTest(t, t.TempDir(), o)
	var r Receipt
	cosign := func(names ...string) {
		h := publish(t, l)
		for _, w := range names {
			if _, err := l.Cosign(t.Context(), h.Size, cosignature(t, w, h.Note, time.Unix(1_462_464_100, 0))); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 260 {
		at += int64(i)
		if got := add(t, l, bodyOf(i)); i == 17 {
			r = got
		}
		if i == 99 {
			cosign("us-1.example", "ru-1.example")
		}
	}
	cosign("un-1.example")
	if _, err := l.PutBlob(t.Context(), Kept, []byte("a dictionary\n")); err != nil {
		t.Fatal(err)
	}
	proof, err := l.Prove(t.Context(), 258, 0)
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := l.Sign(r)
	if err != nil {
		t.Fatal(err)
	}
	signed, _, err := l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path, err := l.ProveConsistency(t.Context(), 100, 260)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"policy.txt":  []byte(jointPolicy()),
		"bundle.tar":  export(t, l, Bundle{Extra: map[string][]byte{"policy.txt": []byte(jointPolicy())}}),
		"proof.txt":   proof,
		"receipt.txt": receipt,
		"ask.txt":     marshalAsk(100, path, signed.Note),
	}
}

func TestFormatsAreAsTheyWere(t *testing.T) {
	for name, data := range vectors(t) {
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, want) {
			t.Errorf("%s is written otherwise than in testdata: a new meaning needs a new version", name)
		}
	}
}

// What this package writes is read by a decoder in another language that knows
// only docs/format/record.md, and both say the same of it.
func TestASecondDecoderReadsTheVectors(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("SKIPPED, not proved: no node here for the second decoder")
	}
	cmd := exec.CommandContext(t.Context(), node, "decode.mjs", ".")
	cmd.Dir = "testdata"
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	p, err := ParsePolicy(jointPolicy())
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("testdata/bundle.tar")
	if err != nil {
		t.Fatal(err)
	}
	var first Entry
	var loose []any
	entries := 0
	signed, joint, err := VerifyBundle(t.Context(), bytes.NewReader(data), p, Visit{
		Entry: func(e Entry) error {
			if entries++; e.Index == 0 {
				first = e
			}
			return nil
		},
		File: func(name string, _ []byte) error { loose = append(loose, name); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	leaf := LeafHash(first.RecvAt, first.Body)
	want := map[string]any{
		"origin": testOrigin, "size": float64(signed.Size), "root": hex.EncodeToString(signed.Root[:]),
		"signers": []any{testOrigin, "un-1.example"}, "joint": float64(joint.Size),
		"jointSigners": []any{testOrigin, "ru-1.example", "us-1.example"}, "entries": float64(entries),
		"first": string(first.Body), "firstTime": float64(first.RecvAt), "firstLeaf": hex.EncodeToString(leaf[:]),
		"loose": loose, "proved": 258.0, "receipt": 17.0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the second decoder differs (-ours +its):\n%s", diff)
	}
}

// The numbers in docs/format/record.md are those of the vectors.
func TestTheDocumentedExampleHolds(t *testing.T) {
	doc, err := os.ReadFile("../docs/format/record.md")
	if err != nil {
		t.Fatal(err)
	}
	leaf := LeafHash(1_462_464_000_000, []byte("body 0"))
	receipt, err := os.ReadFile("testdata/receipt.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprintf("%x", leaf), string(receipt), fmt.Sprintf("%x", tarHeader("bundle", 63)[148:156])} {
		if !bytes.Contains(doc, []byte(s)) {
			t.Errorf("docs/format/record.md does not have %q", s)
		}
	}
}
