package truce

import (
	"crypto/ed25519"
	"strconv"
	"strings"
	"testing"
)

// demoKey makes a key from a word, as the demo does.
func demoKey(word string) Key {
	seed := DigestOf([]byte("marchday test key " + word))
	return Key(ed25519.NewKeyFromSeed(seed[:]))
}

func testGrant(office OfficeID, class KeyClass, word string) KeyAct {
	return KeyAct{Act: Grant, Office: office, Class: class, Public: demoKey(word).Public().(ed25519.PublicKey), FromSeed: true}
}

// testFounding is a centre of two co-chairs, a mediator, a liaison and a monitor.
func testFounding() *Founding {
	name := func(s string) []Text { return []Text{{"en", s}} }
	return &Founding{
		Mode: Demo, Name: name("Test centre"), Regime: name("Test truce"),
		Offices: []Office{
			{ID: "north", Name: name("North"), Role: CoChair, Party: "nor"},
			{ID: "south", Name: name("South"), Role: CoChair, Party: "sou"},
			{ID: "envoy", Name: name("Envoy"), Role: Mediator},
			{ID: "centre", Name: name("Centre"), Role: Centre},
			{ID: "hill", Name: name("Hill liaison"), Role: Liaison, Party: "hil", Through: "north"},
			{ID: "watch", Name: name("Watch"), Role: Monitor},
		},
		Keys: []KeyAct{
			testGrant("north", RootKey, "north root"), testGrant("south", RootKey, "south root"), testGrant("centre", RootKey, "centre root"),
			testGrant("north", OfficeKey, "north"), testGrant("south", OfficeKey, "south"), testGrant("envoy", OfficeKey, "envoy"),
			testGrant("centre", DeskKey, "centre"), testGrant("hill", DeskKey, "hill"), testGrant("watch", FieldKey, "watch"),
		},
		Procedure: Procedure{Zone: Zone{"Test/Zone", []Transition{{0, 7200, "TT"}}}, CutOff: "18:00", Clocks: []Clock{{"reply", 86400}}},
		Method:    Method{Release: "test"},
	}
}

func say(t *testing.T, office OfficeID, madeAt Instant, body Body, words ...string) []byte {
	t.Helper()
	if len(words) == 0 {
		words = []string{string(office)}
	}
	var keys []Signer
	for _, w := range words {
		keys = append(keys, demoKey(w))
	}
	e, err := Seal(NewStatement("test.example/log", "test", office, "", madeAt, body), keys...)
	if err != nil {
		t.Fatal(err)
	}
	return e.Bytes()
}

func admit(t *testing.T, b *Book, envelope []byte) error {
	t.Helper()
	said, err := b.Verify(envelope)
	if err != nil {
		return err
	}
	return b.Admit(b.Next(), 1_460_000_000, said)
}

func foundedBook(t *testing.T) *Book {
	t.Helper()
	b := NewBook()
	if err := admit(t, b, say(t, "centre", 1, testFounding(), "centre root", "north root", "south root")); err != nil {
		t.Fatal(err)
	}
	return b
}

func report(text string) *Report { return &Report{Channel: "field", Text: text, Lang: "en"} }

func TestAStatementComesBackAsItWasSaid(t *testing.T) {
	b := foundedBook(t)
	env := say(t, "watch", 5, report("Heard 7 explosions <near> the mill & left"))
	said, err := b.Verify(env)
	if err != nil {
		t.Fatal(err)
	}
	if got := said.Statement.Body.(*Report).Text; got != "Heard 7 explosions <near> the mill & left" {
		t.Errorf("text %q", got)
	}
	if said.ID != DigestOf(env) {
		t.Error("the ID is not the envelope's digest")
	}
}

func TestWhatTheBookRefuses(t *testing.T) {
	other := NewStatement("other.example/log", "test", "watch", "", 5, report("x"))
	foreign, err := Seal(other, demoKey("watch"))
	if err != nil {
		t.Fatal(err)
	}
	forged := say(t, "watch", 5, report("x"))
	forged[len(forged)-20] ^= 1
	for _, c := range []struct {
		name string
		env  []byte
		kind ErrorKind
	}{
		{"a forged signature", forged, ""},
		{"a demo statement sent to another origin", foreign.Bytes(), Forbidden},
		{"a monitor that opens a case", say(t, "watch", 5, &Case{Incident: ClaimRef{Statement: Digest{1}}, Trigger: "complaint"}), Forbidden},
		{"another office's key", say(t, "north", 5, report("x"), "south"), Forbidden},
		{"a root key that reports", say(t, "north", 5, report("x"), "north root"), Forbidden},
		{"a withdrawal of what was not said", say(t, "north", 5, &StatementWithdrawal{Digest{9}, "mistake"}), Unknown},
		{"a second founding", say(t, "centre", 5, testFounding(), "centre root", "north root", "south root"), Forbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := admit(t, foundedBook(t), c.env)
			if err == nil {
				t.Fatal("admitted")
			}
			if c.kind != "" && KindOf(err) != c.kind {
				t.Errorf("kind %q: %v", KindOf(err), err)
			}
		})
	}
}

// TestTheQuotaIsEqualAndSaysSo lets every office file as much a day as any
// other; what is refused says why, and the next day begins anew.
func TestTheQuotaIsEqualAndSaysSo(t *testing.T) {
	b := NewBook()
	f := testFounding()
	f.Procedure.QuotaPerDay = 2
	if err := admit(t, b, say(t, "centre", 1, f, "centre root", "north root", "south root")); err != nil {
		t.Fatal(err)
	}
	file := func(office OfficeID, n int, at Instant) error {
		said, err := b.Verify(say(t, office, Instant(n), report("report "+strconv.Itoa(n))))
		if err != nil {
			t.Fatal(err)
		}
		return b.Admit(b.Next(), at, said)
	}
	const today = Instant(1_460_000_000)
	for i, office := range []OfficeID{"watch", "watch", "north", "north"} {
		if err := file(office, 10+i, today); err != nil {
			t.Fatalf("%s within its quota: %v", office, err)
		}
	}
	for i, office := range []OfficeID{"watch", "north"} {
		if err := file(office, 20+i, today); KindOf(err) != Forbidden || !strings.Contains(err.Error(), "the same for every office") {
			t.Errorf("%s over its quota: %v", office, err)
		}
		if n := b.Filed(office, today); n != 2 {
			t.Errorf("%s has filed %d", office, n)
		}
		if err := file(office, 30+i, today+Day); err != nil {
			t.Errorf("%s on the next day: %v", office, err)
		}
	}
}

func TestARevokedKeyFailsAfterItsIndexAndNotBefore(t *testing.T) {
	b := foundedBook(t)
	if err := admit(t, b, say(t, "south", 5, report("before"))); err != nil {
		t.Fatal(err)
	}
	key := KeyIDOf(demoKey("south").Public().(ed25519.PublicKey))
	if err := admit(t, b, say(t, "south", 6, &KeyAct{Act: Revoke, Office: "south", Key: key, Why: "stolen"}, "south root")); err != nil {
		t.Fatal(err)
	}
	if err := admit(t, b, say(t, "south", 7, report("after"))); KindOf(err) != Forbidden {
		t.Fatalf("a revoked key spoke: %v", err)
	}
}

func TestATwoKeyActIsInForceAtTheLastConcurrence(t *testing.T) {
	b := foundedBook(t)
	env := say(t, "north", 5, &Policy{Text: "new"})
	if err := admit(t, b, env); err != nil {
		t.Fatal(err)
	}
	if b.Policy().Text != "" {
		t.Fatal("in force with one key")
	}
	if err := admit(t, b, say(t, "south", 6, &Concurrence{With: DigestOf(env)})); err != nil {
		t.Fatal(err)
	}
	if b.Policy().Text != "new" {
		t.Fatal("not in force with both keys")
	}
}

func TestStrictDecodingNamesThePlace(t *testing.T) {
	head := `{"origin":"o","regime":"r","kind":"report","v":1,"office":"w","made_at":"2016-05-03T00:00:00Z","body":`
	for _, c := range []struct{ name, body, field string }{
		{"a name twice", head + `{"channel":"field","text":"x","text":"y"}}`, "body.text"},
		{"a name in another case", head + `{"channel":"field","Text":"x","text":"y"}}`, "body.Text"},
		{"a name with a long s", head + `{"channel":"field","text":"x","ſupports":true}}`, "body.ſupports"},
		{"a name with a Kelvin sign", head + "{\"channel\":\"field\",\"text\":\"x\",\"mar\u212aing\":\"clear\"}}", "body.mar\u212aing"},
		{"an unknown field", head + `{"channel":"field","txt":"x"}}`, "body.txt"},
		{"a number that is not whole", head + `{"channel":"field","text":"x","part":1.0}}`, "body.part"},
		{"a number with an exponent", head + `{"channel":"field","text":"x","part":1e3}}`, "body.part"},
		{"bytes after the end", head + `{"channel":"field","text":"x"}} ` + "x", ""},
		{"invalid UTF-8", head + "{\"channel\":\"field\",\"text\":\"\xff\"}}", ""},
		{"half a surrogate pair", head + `{"channel":"field","text":"\ud800"}}`, "body.text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := DecodeBody([]byte(c.body))
			if err == nil {
				t.Fatal("read")
			}
			e, ok := err.(*Error)
			if !ok || e.Kind != Invalid || e.Field != c.field {
				t.Errorf("field %q wanted: %v", c.field, err)
			}
		})
	}
}

func FuzzAnEnvelopeHasOneSpelling(f *testing.F) {
	f.Add([]byte(`{"payloadType":"application/vnd.marchday.statement+json","payload":"e30=","signatures":[{"keyid":"a","sig":"AA=="}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEnvelope(b)
		if err == nil && string(e.Bytes()) != string(b) {
			t.Error("two spellings")
		}
	})
}

func FuzzDecodeBodyNeverPanics(f *testing.F) {
	f.Add([]byte(`{"origin":"o","regime":"r","kind":"report","v":1,"office":"w","made_at":"2016-05-03T00:00:00Z","body":{"channel":"field","text":"x"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeBody(b)
		if err != nil {
			return
		}
		again, err := Encode(s)
		if err != nil {
			t.Fatalf("read but not written: %v", err)
		}
		if _, err := DecodeBody(again); err != nil {
			t.Fatalf("written but not read: %v", err)
		}
	})
}
