//! Who goes where: labs, the places that each may go to, and the pools of quota that a place takes from. Pure.
//!
//! The labs are taken in their order, each to the first of its places that has room: so a longer list moves nobody. Only where
//! that leaves somebody without a place, although all of them fit, are places searched for all of them together.

/// A lab in a place takes `1` of each of these pools: index of the pool, how much.
pub(crate) type Takes = Vec<(usize, i64)>;

/// Labs of one kind: what each of them takes in each place; `None` where it cannot go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// By place, in order of preference.
    pub(crate) places: Vec<Option<Takes>>,
}

/// Who is to be placed, and what there is.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    /// What is left of each pool; it may be below zero.
    pub(crate) free: Vec<i64>,
    /// The kinds of labs.
    pub(crate) kinds: Vec<Kind>,
    /// The kind of each lab, in the order of the labs.
    pub(crate) labs: Vec<usize>,
}

/// How many steps a search takes at most: some milliseconds.
const MOST_STEPS: u32 = 50_000;

impl Problem {
    /// The place of each lab, in the order of the labs; `None` for those that no place takes.
    pub(crate) fn solve(&self) -> Vec<Option<usize>> {
        let in_order = self.in_order();
        if in_order.iter().all(Option::is_some) {
            return in_order;
        }
        if let Some(all) = self.search(self.labs.len()) {
            return all.into_iter().map(Some).collect();
        }
        // The most of the first that fit: fewer labs fit wherever more of them do.
        let (mut fits, mut fails) = (0, self.labs.len());
        let mut best = Vec::new();
        while fails - fits > 1 {
            let middle = fits + (fails - fits) / 2;
            match self.search(middle) {
                Some(found) => (fits, best) = (middle, found),
                None => fails = middle,
            }
        }
        if fits > in_order.iter().flatten().count() {
            let rest = self.labs.len() - fits;
            return best.into_iter().map(Some).chain(std::iter::repeat_n(None, rest)).collect();
        }
        in_order
    }

    /// What is left of each pool after the labs have gone where `places` says.
    pub(crate) fn left(&self, places: &[Option<usize>]) -> Vec<i64> {
        let mut free = self.free.clone();
        for (kind, place) in self.labs.iter().zip(places) {
            if let Some(takes) = place.and_then(|place| self.kinds[*kind].places[place].as_ref()) {
                take(&mut free, takes, 1);
            }
        }
        free
    }

    fn in_order(&self) -> Vec<Option<usize>> {
        let mut free = self.free.clone();
        let mut go = |kind: &usize| {
            let place = self.kinds[*kind].places.iter().position(|takes| room(&free, takes.as_ref()) > 0)?;
            if let Some(takes) = &self.kinds[*kind].places[place] {
                take(&mut free, takes, 1);
            }
            Some(place)
        };
        self.labs.iter().map(&mut go).collect()
    }

    /// Places for the first `count` labs, if there are such; none if that takes too many steps to say.
    fn search(&self, count: usize) -> Option<Vec<usize>> {
        let labs = &self.labs[..count];
        let numbers: Vec<i64> = (0..self.kinds.len())
            .map(|kind| i64::try_from(labs.iter().filter(|one| **one == kind).count()).unwrap_or(i64::MAX))
            .collect();
        // Who has the fewest places goes first.
        let mut order: Vec<usize> = (0..self.kinds.len()).filter(|kind| numbers[*kind] > 0).collect();
        order.sort_by_key(|kind| self.kinds[*kind].places.iter().flatten().count());
        let chosen = self.kinds.iter().map(|kind| vec![0; kind.places.len()]).collect();
        let mut search =
            Search { problem: self, numbers: &numbers, order: &order, free: self.free.clone(), chosen, steps: 0 };
        if !search.kind(0) {
            return None;
        }
        let mut chosen = search.chosen;
        let mut go = |kind: &usize| {
            let place = chosen[*kind].iter().position(|left| *left > 0)?;
            chosen[*kind][place] -= 1;
            Some(place)
        };
        labs.iter().map(&mut go).collect()
    }
}

/// How many labs of a kind that takes `takes` there is room for.
fn room(free: &[i64], takes: Option<&Takes>) -> i64 {
    let Some(takes) = takes else { return 0 };
    let rooms = takes.iter().filter(|(_, amount)| *amount > 0).map(|(pool, amount)| free[*pool].max(0) / amount);
    rooms.min().unwrap_or(i64::MAX)
}

fn take(free: &mut [i64], takes: &Takes, labs: i64) {
    for (pool, amount) in takes {
        free[*pool] = free[*pool].saturating_sub(amount.saturating_mul(labs));
    }
}

/// A search in depth: kind by kind, and of each kind place by place, as many as fit first.
struct Search<'a> {
    problem: &'a Problem,
    /// Labs of each kind.
    numbers: &'a [i64],
    /// The kinds in the order in which they are placed.
    order: &'a [usize],
    free: Vec<i64>,
    /// Labs of each kind in each place.
    chosen: Vec<Vec<i64>>,
    steps: u32,
}

impl Search<'_> {
    fn kind(&mut self, nth: usize) -> bool {
        match self.order.get(nth) {
            None => true,
            Some(kind) => self.place(nth, *kind, 0, self.numbers[*kind]),
        }
    }

    /// Whether `labs` of the kind, and all kinds after it, find room in this place and the ones after it.
    fn place(&mut self, nth: usize, kind: usize, at: usize, labs: i64) -> bool {
        if labs == 0 {
            return self.kind(nth + 1);
        }
        self.steps += 1;
        let problem = self.problem;
        let places = &problem.kinds[kind].places;
        let rooms = places[at..].iter().map(|takes| room(&self.free, takes.as_ref()));
        if self.steps > MOST_STEPS || rooms.fold(0, i64::saturating_add) < labs {
            return false;
        }
        let takes = places[at].as_ref();
        for here in (0..=room(&self.free, takes).min(labs)).rev() {
            if let Some(takes) = takes {
                take(&mut self.free, takes, here);
            }
            self.chosen[kind][at] = here;
            if self.place(nth, kind, at + 1, labs - here) {
                return true;
            }
            self.chosen[kind][at] = 0;
            if let Some(takes) = takes {
                take(&mut self.free, takes, -here);
            }
        }
        false
    }
}

#[cfg(test)]
#[path = "solver_tests.rs"]
mod tests;
