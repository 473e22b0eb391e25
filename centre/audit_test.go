package centre

import (
	"crypto/ed25519"
	"testing"

	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// TestAnAuditJudgesEachEntryAtItsIndex holds the audit, which checks batches
// beside one another, against keys that are granted and revoked within a batch
// and between two.
func TestAnAuditJudgesEachEntryAtItsIndex(t *testing.T) {
	var told []bool
	visit, end := Audit(func(admitted bool) { told = append(told, admitted) })
	index := int64(0)
	enter := func(b []byte) {
		t.Helper()
		if err := visit.Entry(record.Entry{Index: index, RecvAt: int64(start)*1000 + index, Body: b}); err != nil {
			t.Fatal(err)
		}
		index++
	}
	say := func(office truce.OfficeID, body truce.Body, keys ...truce.Signer) {
		t.Helper()
		e, err := truce.Seal(truce.NewStatement("test.example/log", "test", office, "", start+truce.Instant(index), body), keys...)
		if err != nil {
			t.Fatal(err)
		}
		enter(e.Bytes())
	}
	report := shelling("s", "a", "p1", start, 1)
	extra := testKey("envoy extra")
	public := extra.Public().(ed25519.PublicKey)

	say("centre", testFounding(), testKey("centre root"), testKey("north root"), testKey("south root"))
	refused := map[int64]bool{}
	for index < 3*checkBatch {
		switch index {
		case checkBatch - 1, checkBatch + 700: // the first is the batch's last but one, behind the founding
			act := &truce.KeyAct{Act: truce.Grant, Office: "envoy", Class: truce.OfficeKey, Public: public, FromSeed: true}
			refused[index] = index != checkBatch-1 // it was granted before
			say("envoy", act, testKey("envoy"))
		case 2*checkBatch - 2:
			say("envoy", &truce.KeyAct{Act: truce.Revoke, Office: "envoy", Key: truce.KeyIDOf(public), Why: "lost"}, testKey("envoy"))
		case 700:
			refused[index] = true
			enter([]byte("no statement"))
		default:
			key := testKey("envoy")
			if index%3 == 0 {
				key = extra
				refused[index] = index < checkBatch || index >= 2*checkBatch-2
			}
			say("envoy", report, key)
		}
	}
	end()
	if int64(len(told)) != index {
		t.Fatalf("%d of %d entries were told of", len(told), index)
	}
	for i, admitted := range told {
		if admitted == refused[int64(i)] {
			t.Errorf("entry %d: admitted %v", i, admitted)
		}
	}
}
