package link

import "testing"

// TestALinkReachesAnyClaim holds chains to a plain map: near and far, up and
// down, set anew, across the chunks of their slabs.
func TestALinkReachesAnyClaim(t *testing.T) {
	var c chain
	want := map[int32]int32{}
	for _, l := range [][2]int32{
		{5, 4}, {5, none}, {0, none}, {4_095, 4_096}, {40_000, 7_233}, {40_001, 7_232}, {7, 32_774}, {8, 32_776}, {9, 1 << 30}, {9, 10}, {70_000, 0}, {12, 12 + 1<<15},
	} {
		c.set(l[0], l[1])
		want[l[0]] = l[1]
		for i, next := range want {
			if got := c.next(i); got != next {
				t.Fatalf("after %d was linked to %d: %d leads to %d, not %d", l[0], l[1], i, got, next)
			}
		}
	}
}

// TestRanksCountTheMarked holds ranks to counting one by one.
func TestRanksCountTheMarked(t *testing.T) {
	var r ranks
	var want []int32
	marked := int32(0)
	for i := range int32(1_000) {
		mark := i*i%7 < 3
		if mark {
			marked++
		}
		r.add(mark)
		want = append(want, marked)
	}
	for i, n := range want {
		if got := r.of(int32(i)); got != n {
			t.Fatalf("%d marked up to %d, not %d", got, i, n)
		}
	}
}

// TestASealedTableStillGrows puts keys into a table before and after it was
// sealed.
func TestASealedTableStillGrows(t *testing.T) {
	var x table
	for k := range uint32(3_000) {
		*x.slot(k*7+1, none) = int32(k)
		if k%500 == 0 {
			x.seal()
		}
		if _, ok := x.find(k*7 + 2); ok {
			t.Fatalf("key %d was never put", k*7+2)
		}
	}
	for k := range uint32(3_000) {
		if v, ok := x.find(k*7 + 1); !ok || v != int32(k) {
			t.Fatalf("key %d: %d, %v", k*7+1, v, ok)
		}
	}
	if x.n != 3_000 {
		t.Errorf("%d keys, not 3000", x.n)
	}
}
