package web

import (
	"strings"
	"testing"

	"github.com/marchday/marchday/truce"
)

func TestTheGateLetsInWithoutAProofInTurn(t *testing.T) {
	const now = truce.Instant(1_900_000_000)
	g := newGate()
	for range gateBurst + 1 {
		if x := g.admit(g.ticket(now), "", "", now); !x.open {
			t.Fatalf("a quiet gate is shut: %+v", x)
		}
	}
	mine := g.ticket(now)
	x := g.admit(mine, "", "", now)
	if x.open || x.turn == "" || x.at != now+gateEvery {
		t.Fatalf("the first who waits: %+v", x)
	}
	if y := g.admit(mine, "", x.turn, now+gateEvery-1); y.open || y.at != x.at || y.turn != x.turn {
		t.Errorf("a turn that is early: %+v", y)
	}
	other := g.admit(g.ticket(now), "", x.turn, x.at)
	if other.open {
		t.Error("another form goes in by this one's turn")
	}
	if !g.admit(mine, "", x.turn, x.at+turnLasts-1).open {
		t.Error("the turn does not come")
	}
	if y := g.admit(g.ticket(now), "", "0."+strings.Repeat("A", 22), now); y.open {
		t.Error("an invented turn is good")
	}
}

func TestAFloodDoesNotKeepOutWhoWorksOrWaits(t *testing.T) {
	const now = truce.Instant(1_900_000_000)
	g := newGate()
	for range gateLine/gateEvery + gateBurst + 5 {
		g.admit(g.ticket(now), "", "", now)
	}
	if x := g.admit(g.ticket(now), "", "", now); x.why != lineFull {
		t.Errorf("the line has no end: %+v", x)
	}
	if g.line(now) < gateLine {
		t.Errorf("the line is said to be %d s", g.line(now))
	}
	mine := g.ticket(now)
	proof := Proof(mine)
	for n := range maxUses + 1 {
		if x := g.admit(mine, proof, "", now); x.open != (n < maxUses) {
			t.Errorf("use %d of a ticket: %+v", n, x)
		}
	}
	if g.admit(g.ticket(now), proof, "", now).open {
		t.Error("a proof for another ticket is good")
	}
	if g.admit(g.ticket(now), "", "", now+2*gateLine).why != "" {
		t.Error("the line does not shorten")
	}
}

func TestTicketsThatAreNotOurs(t *testing.T) {
	const now = truce.Instant(1_900_000_000)
	g := newGate()
	mine := g.ticket(now)
	name, _, ok := g.once(mine, now)
	if !ok || len(name) != 22 {
		t.Errorf("the ticket's name is %q", name)
	}
	late := g.ticket(now - ticketLast - 7200)
	for what, ticket := range map[string]string{"none": "", "another's": newGate().ticket(now), "an old one": late, "a changed one": "A" + mine[1:], "a longer one": mine + ".x"} {
		if mine[0] == 'A' && what == "a changed one" {
			continue
		}
		if x := g.admit(ticket, "1", "", now); x.why != noTicket {
			t.Errorf("%s: %+v", what, x)
		}
	}
}

func FuzzTicket(f *testing.F) {
	const now = truce.Instant(1_900_000_000)
	g := newGate()
	mine := g.ticket(now)
	f.Add(mine, "1", "")
	f.Add("", "18446744073709551616", mine)
	f.Add(mine+".", "-1", "\xff")
	f.Fuzz(func(t *testing.T, ticket, proof, turn string) {
		if _, _, ok := g.once(ticket, now); ok && ticket != mine {
			t.Errorf("%q is taken for a ticket of ours", ticket)
		}
		if at, ok := g.turnOf(ticket, turn); ok {
			t.Errorf("%q is taken for a turn at %d", turn, at)
		}
		proves(ticket, proof)
	})
}
