package truce

import (
	"strings"
	"testing"
)

// TestADeputysKeyEndsByTheTimeOfReceipt holds that a key with an end speaks
// until then and not from then on, whatever the statement dates itself, and
// that such a key is neither revoked nor replaced any more.
func TestADeputysKeyEndsByTheTimeOfReceipt(t *testing.T) {
	const end = Instant(1_460_100_000)
	b := foundedBook(t)
	at := func(now Instant, envelope []byte) error {
		t.Helper()
		said, err := b.Verify(envelope)
		if err != nil {
			t.Fatal(err)
		}
		return b.Admit(b.Next(), now, said)
	}
	deputy := testGrant("south", OfficeKey, "deputy")
	deputy.End = end
	name := KeyIDOf(deputy.Public)
	if err := at(end, say(t, "south", 5, &deputy, "south root")); KindOf(err) != Invalid {
		t.Errorf("a key that ends as it is granted: %v", err)
	}
	if err := at(end-10, say(t, "south", 5, &deputy, "south root")); err != nil {
		t.Fatal(err)
	}
	if err := at(end-1, say(t, "south", 6, report("a second before the end"), "deputy")); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	for _, now := range []Instant{end, end + Day} {
		if err := at(now, say(t, "south", 7, report("late"), "deputy")); KindOf(err) != Forbidden || !strings.Contains(err.Error(), end.String()) {
			t.Errorf("received %d after its end, made before: %v, want a refusal that names the end", now-end, err)
		}
	}
	for what, act := range map[string]KeyAct{
		"revoked":  {Act: Revoke, Office: "south", Key: name, Why: "over"},
		"replaced": {Act: Rotate, Office: "south", Class: OfficeKey, Public: testGrant("south", OfficeKey, "next").Public, Replaces: name},
	} {
		before := b.Next()
		if err := at(end, say(t, "south", 8, &act, "south root")); KindOf(err) != Unknown {
			t.Errorf("%s after its end: %v", what, err)
		}
		if b.Next() != before {
			t.Errorf("a key that is %s after its end moved the Book", what)
		}
	}
	if err := at(end+Day, say(t, "south", 9, report("by a key without an end"))); err != nil {
		t.Errorf("a key without an end: %v", err)
	}
	root := testGrant("south", RootKey, "another root")
	root.End = end
	if err := root.Validate(); err == nil {
		t.Error("a root key with an end")
	}
	revoke := KeyAct{Act: Revoke, Office: "south", Key: name, Why: "over", End: end}
	if err := revoke.Validate(); err == nil {
		t.Error("a revocation with an end")
	}
	if DigestOf(say(t, "south", 5, &deputy, "south root")) == DigestOf(say(t, "south", 5, func() *KeyAct { k := deputy; k.End = 0; return &k }(), "south root")) {
		t.Error("the end is not among what is signed")
	}
}
