package web

import (
	"testing"

	"github.com/marchday/marchday/truce"
)

func TestCandidatesAreThoseOfTheFirstPlacesWords(t *testing.T) {
	first, second := &truce.Span{Start: 3, End: 8}, &truce.Span{Start: 20, End: 25}
	at := &truce.Point{Lon: 366_700_000, Lat: 347_300_000}
	where := func(id truce.PlaceID, s *truce.Span, p *truce.Point, score int32) truce.Where {
		return truce.Where{Place: id, Span: s, Point: p, Score: score}
	}
	c := truce.Claim{Where: []truce.Where{
		where("a", first, at, 900), where("x", second, at, 900), where("b", &truce.Span{Start: 3, End: 8}, at, 880), where("c", first, nil, 870),
		where("p", first, at, 0), where("d", first, at, 860), where("e", first, at, 850),
	}}
	var got []truce.PlaceID
	for _, w := range candidates(c) {
		got = append(got, w.Place)
	}
	if len(got) != 3 || got[0] != "a" || got[1] != "b" || got[2] != "d" {
		t.Errorf("candidates %v, wanted a, b and d: of the same words, with a point, given by the machine", got)
	}
	if none := candidates(truce.Claim{Where: []truce.Where{where("a", nil, at, 900)}}); none != nil {
		t.Errorf("a place without words has candidates %v", none)
	}
}
