package record

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// jointPolicy has two sides that both must cosign, and a third witness.
func jointPolicy() string {
	return "log " + vkeyFor(testOrigin, algEd25519) + "\n" +
		"witness us-1 " + vkeyFor("us-1.example", algCosignV1) + "\n" +
		"witness us-2 " + vkeyFor("us-2.example", algCosignV1) + " https://us-2.example/\n" +
		"witness ru-1 " + vkeyFor("ru-1.example", algCosignV1) + "\n" +
		"# the mediator's, not in the quorum\n" +
		"witness un-1 " + vkeyFor("un-1.example", algCosignV1) + "\n" +
		"group US any us-1 us-2\ngroup RU any ru-1\ngroup joint all US RU\nquorum joint\n"
}

// cosignature is the line of a witness for a checkpoint.
func cosignature(t testing.TB, name string, checkpoint []byte, at time.Time) []byte {
	t.Helper()
	s, err := newNoteSigner(name, keyOf(name))
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := bytes.Cut(checkpoint, []byte("\n\n"))
	c := cosigner{s, at}
	raw, err := c.Sign(append(text, '\n'))
	if err != nil {
		t.Fatal(err)
	}
	sig := signature(c, raw)
	return []byte("— " + sig.Name + " " + sig.Base64 + "\n")
}

func publish(t testing.TB, l *Log) Head {
	t.Helper()
	h, err := l.Publish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestCheckpointIsASignedNoteOfOriginSizeAndRoot(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	if signed, joint, err := l.Checkpoint(t.Context()); err != nil || signed.Note != nil || joint.Note != nil {
		t.Errorf("a head before the first was signed: %v", err)
	}
	if _, err := l.Tile(t.Context(), "checkpoint"); !errors.Is(err, ErrNotFound) {
		t.Errorf("checkpoint before the first: %v", err)
	}
	fill(t, l, 0, 3)
	h := publish(t, l)
	v, err := note.NewVerifier(vkeyFor(testOrigin, algEd25519))
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(h.Note, note.VerifierList(v))
	if err != nil {
		t.Fatal(err)
	}
	root, _ := l.Root(t.Context(), 3)
	c, err := parseCheckpoint(n.Text)
	if err != nil || c.Origin != testOrigin || c.Size != 3 || !bytes.Equal(c.Hash, root[:]) {
		t.Errorf("checkpoint %+v, %v", c, err)
	}
	if again := publish(t, l); !bytes.Equal(again.Note, h.Note) {
		t.Error("nothing was added, and yet another head was signed")
	}
	onDisk, err := os.ReadFile(filepath.Join(l.o.Dir, "tiles", "checkpoint"))
	if err != nil || !bytes.Equal(onDisk, h.Note) {
		t.Errorf("file checkpoint: %q, %v", onDisk, err)
	}
}

func TestTheEmptyLogHasAHead(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	if h := publish(t, l); h.Size != 0 || !bytes.Equal(h.Root[:], emptyRoot()) {
		t.Errorf("head of the empty log %+v", h)
	}
	if _, _, err := Verify(t.Context(), l.o.Dir, *l.policy.Load(), Visit{}); err != nil {
		t.Error(err)
	}
}

func TestAHeadIsPublishedByItself(t *testing.T) {
	o := options()
	o.Interval = time.Millisecond
	l := openTest(t, t.TempDir(), o)
	add(t, l, []byte("a"))
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		signed, _, err := l.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if signed.Size == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no head after 10 s")
		}
	}
}

func TestClosePublishesWhatCameLast(t *testing.T) {
	o := options()
	o.Interval = time.Hour
	dir := t.TempDir()
	l := openTest(t, dir, o)
	add(t, l, []byte("a"))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	signed, _, err := Verify(t.Context(), dir, *l.policy.Load(), Visit{})
	if err != nil || signed.Size != 1 {
		t.Errorf("after Close the head has size %d: %v", signed.Size, err)
	}
}

func TestTheJointHeadNeedsEachSide(t *testing.T) {
	o := options()
	o.Policy = jointPolicy()
	l := openTest(t, t.TempDir(), o)
	fill(t, l, 0, 2)
	first := publish(t, l)
	at := time.Unix(1_462_464_100, 0)
	steps := []struct {
		name, witness   string
		signers, missed string
		joint           bool
	}{
		{"the mediator alone", "un-1.example", "[un-1]", "[US RU]", false},
		{"one side", "us-2.example", "[us-2 un-1]", "[RU]", false},
		{"both sides", "ru-1.example", "[us-2 ru-1 un-1]", "[]", true},
		{"and more", "us-1.example", "[us-1 us-2 ru-1 un-1]", "[]", true},
	}
	for _, s := range steps {
		h, err := l.Cosign(t.Context(), 2, cosignature(t, s.witness, first.Note, at))
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		_, joint, err := l.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(h.Signers) != s.signers || fmt.Sprint(h.Missing) != s.missed || (joint.Note != nil) != s.joint {
			t.Errorf("%s: signers %v, missing %v, joint %v", s.name, h.Signers, h.Missing, joint.Note != nil)
		}
	}
	// A silent side stops nothing but the second head.
	fill(t, l, 2, 5)
	second := publish(t, l)
	if _, err := l.Cosign(t.Context(), 5, cosignature(t, "us-1.example", second.Note, at)); err != nil {
		t.Fatal(err)
	}
	signed, joint, err := l.Checkpoint(t.Context())
	if err != nil || signed.Size != 5 || joint.Size != 2 || fmt.Sprint(signed.Missing) != "[RU]" {
		t.Errorf("heads %d and %d, missing %v, %v", signed.Size, joint.Size, signed.Missing, err)
	}
	publish(t, l)
	vs, vj, err := Verify(t.Context(), l.o.Dir, *l.policy.Load(), Visit{})
	if err != nil || vs.Size != 5 || vj.Size != 2 || len(vj.Missing) != 0 {
		t.Errorf("verified heads %d and %d: %v", vs.Size, vj.Size, err)
	}
}

func TestCosignaturesThatAreRefused(t *testing.T) {
	o := options()
	o.Policy = jointPolicy()
	l := openTest(t, t.TempDir(), o)
	fill(t, l, 0, 2)
	h := publish(t, l)
	at := time.Unix(1_462_464_100, 0)
	good := cosignature(t, "us-1.example", h.Note, at)
	cases := map[string][]byte{
		"nothing":                  nil,
		"by a stranger":            cosignature(t, "stranger.example", h.Note, at),
		"of another head":          cosignature(t, "us-1.example", []byte("x\n1\nAAAA\n\n"), at),
		"a bit flipped":            append(bytes.Clone(good[:40]), append([]byte{good[40] ^ 1}, good[41:]...)...),
		"not a line":               []byte("hello\n"),
		"no end of line":           bytes.TrimSuffix(good, []byte("\n")),
		"twice":                    append(bytes.Clone(good), good...),
		"longer than any cosigner": bytes.Repeat([]byte("x"), maxNote+1),
	}
	for name, line := range cases {
		if _, err := l.Cosign(t.Context(), 2, line); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	if _, err := l.Cosign(t.Context(), 1, good); !errors.Is(err, ErrNotFound) {
		t.Errorf("for a size without a head: %v", err)
	}
	if h, err := l.Cosign(t.Context(), 2, good); err != nil || len(h.Signers) != 1 {
		t.Errorf("the good one after all the bad ones: %v", err)
	}
}

func TestPoliciesThatAreRefused(t *testing.T) {
	log, w1, w2 := vkeyFor(testOrigin, algEd25519), vkeyFor("w1", algCosignV1), vkeyFor("w2", algCosignV1)
	head := "log " + log + "\nwitness a " + w1 + "\nwitness b " + w2 + "\n"
	for name, text := range map[string]string{
		"empty":                      "",
		"no quorum":                  head,
		"two quorums":                head + "quorum a\nquorum b\n",
		"no log":                     "witness a " + w1 + "\nquorum a\n",
		"quorum of an unknown name":  head + "quorum c\n",
		"a member before its line":   "log " + log + "\ngroup g any a\nwitness a " + w1 + "\nquorum g\n",
		"a member of two groups":     head + "group g any a\ngroup h any a\nquorum g\n",
		"a member twice":             head + "group g any a a\nquorum g\n",
		"threshold of nothing":       head + "group g 0 a b\nquorum g\n",
		"threshold beyond members":   head + "group g 3 a b\nquorum g\n",
		"threshold with a sign":      head + "group g +1 a b\nquorum g\n",
		"a name twice":               head + "witness a " + vkeyFor("w3", algCosignV1) + "\nquorum a\n",
		"a key under two names":      head + "witness c " + w1 + "\nquorum a\n",
		"a key under two algorithms": head + "witness c " + vkeyFor("w1", algEd25519) + "\nquorum a\n",
		"a word as a name":           head + "witness any " + vkeyFor("w3", algCosignV1) + "\nquorum a\n",
		"an unknown word":            head + "mirror c " + w1 + "\nquorum a\n",
		"a wrong key id":             "log " + log + "\nwitness a " + strings.Replace(w1, "+", "+0", 1) + "\nquorum a\n",
		"a log that cannot sign":     "log " + w1 + "\nquorum none\n",
		"too long":                   head + strings.Repeat("#\n", maxNote) + "quorum a\n",
	} {
		if _, err := ParsePolicy(text); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	many := "log " + log + "\n"
	for i := range 32 {
		many += fmt.Sprintf("witness w%d %s\ngroup g%d 1 w%d\n", i, vkeyFor(fmt.Sprint("many", i), algCosignV1), i, i)
	}
	if _, err := ParsePolicy(many + "group all-of-them 20 g0 g1 g2 g3 g4 g5 g6 g7 g8 g9 g10 g11 g12 g13 g14 g15 g16 g17 g18 g19 g20\nquorum all-of-them\n"); err != nil {
		t.Errorf("32 witnesses: %v", err)
	}
	o := options()
	o.Policy = "log " + vkeyFor("other.example", algEd25519) + "\nquorum none\n"
	if _, err := Open(t.Context(), "sqlite:"+t.TempDir(), o); err == nil {
		t.Error("a policy without this log's key was taken")
	}
}

func TestProofsVerifyOffline(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	fill(t, l, 0, 300)
	publish(t, l)
	p := *l.policy.Load()
	for _, index := range []int64{0, 1, 255, 256, 299} {
		text, err := l.Prove(t.Context(), index, 0)
		if err != nil {
			t.Fatal(err)
		}
		e := all(t, l, index)[0]
		leaf := LeafHash(e.RecvAt, e.Body)
		got, h, err := CheckProof(text, leaf, p)
		if err != nil || got != index || h.Size != 300 {
			t.Errorf("proof of %d: index %d, size %d, %v", index, got, h.Size, err)
		}
		leaf[0] ^= 1
		if _, _, err := CheckProof(text, leaf, p); err == nil {
			t.Errorf("proof of %d holds for another leaf", index)
		}
		leaf[0] ^= 1
		for at := 0; at < len(text); at += 7 {
			bad := bytes.Clone(text)
			bad[at] ^= 1
			if _, _, err := CheckProof(bad, leaf, p); err == nil {
				t.Errorf("proof of %d with byte %d flipped holds", index, at)
			}
		}
	}
	if _, err := l.Prove(t.Context(), 300, 0); !errors.Is(err, ErrNotFound) {
		t.Errorf("proof of an entry beyond the head: %v", err)
	}
}

func TestReceiptsAreSignedAndNothingElseIs(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	add(t, l, []byte("first"))
	r := add(t, l, []byte("second"))
	msg, err := l.Sign(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenReceipt(msg, *l.policy.Load())
	if err != nil || got != r {
		t.Errorf("receipt %+v, want %+v: %v", got, r, err)
	}
	for at := range msg {
		bad := bytes.Clone(msg)
		bad[at] ^= 1
		if _, err := OpenReceipt(bad, *l.policy.Load()); err == nil {
			t.Errorf("receipt with byte %d flipped holds: %q", at, bad)
		}
	}
	if _, err := l.policy.Load().open(msg, "", false); err == nil {
		t.Error("a receipt passes as a checkpoint")
	}
	if _, err := OpenReceipt(publish(t, l).Note, *l.policy.Load()); err == nil {
		t.Error("a checkpoint passes as a receipt")
	}
	if found, err := l.Find(t.Context(), keyFor([]byte("second"))); err != nil || found.Index != 1 || found.Leaf != r.Leaf {
		t.Errorf("found %+v, %v", found, err)
	}
	if _, err := l.Find(t.Context(), [32]byte{5}); !errors.Is(err, ErrNotFound) {
		t.Errorf("found what is not there: %v", err)
	}
}

func TestBlobsAreFoundByDigest(t *testing.T) {
	l := openTest(t, t.TempDir(), options())
	kept, err := l.PutBlob(t.Context(), Kept, []byte("kept"))
	if err != nil {
		t.Fatal(err)
	}
	exhibit, err := l.PutBlob(t.Context(), Exhibit, []byte("exhibit"))
	if err != nil {
		t.Fatal(err)
	}
	for digest, want := range map[[32]byte]string{kept: "kept", exhibit: "exhibit"} {
		if got, err := l.Blob(t.Context(), digest); err != nil || string(got) != want {
			t.Errorf("blob %q, %v, want %q", got, err, want)
		}
		if err := l.DropBlob(t.Context(), digest); err != nil {
			t.Error(err)
		}
	}
	if _, err := l.Blob(t.Context(), kept); err != nil {
		t.Errorf("a kept blob was dropped: %v", err)
	}
	if _, err := l.Blob(t.Context(), exhibit); !errors.Is(err, ErrNotFound) {
		t.Errorf("a dropped exhibit: %v", err)
	}
	if err := os.WriteFile(l.blobFile(Kept, kept), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Blob(t.Context(), kept); !errors.Is(err, ErrDamaged) {
		t.Errorf("an altered blob: %v", err)
	}
	if _, err := l.PutBlob(t.Context(), Kept, []byte("kept")); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Blob(t.Context(), kept); err != nil {
		t.Errorf("put again, it is still damaged: %v", err)
	}
	if _, err := l.PutBlob(t.Context(), "other", nil); err == nil {
		t.Error("an unknown class was taken")
	}
}
