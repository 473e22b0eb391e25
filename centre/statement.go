package centre

import (
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// statementRow writes an entry's own row.
func statementRow(e record.Entry, s truce.Statement, id truce.StatementID, payload []byte) picture.Statement {
	info, _ := truce.InfoOf(s.Body.Kind())
	return picture.Statement{
		Index: e.Index, ID: id, Kind: s.Body.Kind(), Group: info.Group, Office: s.Office, Desk: s.Desk, MadeAt: s.MadeAt, RecvAt: e.RecvAt,
		Marking: markingOf(s.Body), GoneAt: -1, Name: nameOf(s.Body), Payload: string(payload),
	}
}

// markingOf returns who may read a statement. What an office says of the
// regime, the territory and the talks, and what the centre publishes, is for
// all; the docket is for the co-chairs and the mediator until it is published,
// and what a party is told goes to its liaison too.
func markingOf(b truce.Body) truce.Marking {
	switch x := b.(type) {
	case *truce.Report:
		return known(x.Marking)
	case *truce.Exhibit:
		return known(x.Marking)
	case *truce.Observation:
		return known(x.Marking)
	case *truce.Restriction:
		return known(x.Marking)
	case *truce.Watch:
		return known(x.Marking)
	case *truce.ClaimEntry:
		return known(x.Marking)
	case *truce.InformationRequest:
		if x.Liaison != "" {
			return truce.Amber.For(x.Liaison)
		}
		return truce.Amber
	case *truce.Notice:
		return truce.Amber.For(x.To)
	case *truce.Translation:
		return truce.Amber // until the fold finds whose words they are
	case *truce.Erasure:
		return truce.Amber // as the report that it is about
	}
	info, _ := truce.InfoOf(b.Kind())
	switch info.Group {
	case truce.GroupFounding, truce.GroupRegime, truce.GroupTalks, truce.GroupTerritory, truce.GroupPublication:
		return truce.Clear
	case truce.GroupAccess:
		return truce.Green
	case truce.GroupIntake, truce.GroupAnalysis, truce.GroupDocket:
	}
	return truce.Amber
}

// known makes the empty marking the amber that it means.
func known(m truce.Marking) truce.Marking {
	if m == "" {
		return truce.Amber
	}
	return m
}

// nameOf returns the sender's own id for a thing, or the thing's.
func nameOf(b truce.Body) string {
	switch x := b.(type) {
	case *truce.Report:
		return x.External
	case *truce.Instrument:
		return string(x.ID)
	case *truce.Term:
		return string(x.ID)
	case *truce.TruceSpan:
		return string(x.ID)
	case *truce.Reading:
		return x.ID
	case *truce.Actor:
		return string(x.ID)
	case *truce.Office:
		return string(x.ID)
	case *truce.AccessRequest:
		return x.ID
	case *truce.Round:
		return x.ID
	case *truce.Bulletin:
		return x.Day
	}
	return ""
}

// cites returns the statements that a body names, each once, in order.
func cites(b truce.Body) []truce.StatementID {
	var all []truce.StatementID
	add := func(ids ...truce.StatementID) {
		for _, id := range ids {
			if !id.IsZero() && !contains(all, id) {
				all = append(all, id)
			}
		}
	}
	refs := func(rs []truce.ClaimRef) {
		for _, r := range rs {
			add(r.Statement)
		}
	}
	switch x := b.(type) {
	case *truce.StatementWithdrawal:
		add(x.Statement)
	case *truce.Translation:
		add(x.Of)
	case *truce.Release:
		add(x.Of)
	case *truce.Exhibit:
		add(x.About)
	case *truce.Restriction:
		add(x.Case)
	case *truce.DutyEntry:
		add(x.Case)
	case *truce.Takeover:
		add(x.Handover)
	case *truce.Call:
		add(x.Case, x.About.Statement)
	case *truce.Report:
		for _, c := range x.Claims {
			refs(c.About)
		}
	case *truce.ClaimEntry:
		add(x.Report, x.Replaces.Statement)
		if x.Claim != nil {
			refs(x.Claim.About)
		}
	case *truce.Same:
		refs(x.Claims)
	case *truce.Different:
		refs(x.Claims)
	case *truce.Grade:
		add(x.About.Statement)
	case *truce.Case:
		add(x.Incident.Statement)
	case *truce.Step:
		add(x.Case, x.Of)
	case *truce.InformationRequest:
		add(x.Case)
	case *truce.Reply:
		add(x.Request)
	case *truce.AssessmentSealed:
		add(x.Case)
	case *truce.Assessment:
		add(x.Case, x.Sealed)
	case *truce.Proposal:
		add(x.Case)
	case *truce.Concurrence:
		add(x.With)
	case *truce.Dissent:
		add(x.From)
	case *truce.Reservation:
		add(x.With)
	case *truce.Referral:
		add(x.Case)
	case *truce.Reopening:
		add(x.Case)
		add(x.Evidence...)
	case *truce.Notice:
		add(x.Case)
	case *truce.Acknowledgement:
		add(x.Notice)
	case *truce.Remedy:
		add(x.Case)
	case *truce.TalksStatement:
		refs(x.Incidents)
		add(x.Cases...)
		add(x.Reports...)
	case *truce.Bulletin:
		add(x.Errata)
	}
	return all
}

func contains(all []truce.StatementID, id truce.StatementID) bool {
	for _, x := range all {
		if x == id {
			return true
		}
	}
	return false
}
