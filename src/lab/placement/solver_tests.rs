//! The placer against a reference that is written in another way, and what it promises whatever there is to place.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

/// Whether all labs fit, lab by lab over all states of the pools that can be reached: no order, no preference, no counts.
fn all_fit(problem: &Problem) -> bool {
    let mut states: HashSet<Vec<i64>> = HashSet::from([problem.free.clone()]);
    for kind in &problem.labs {
        let mut next = HashSet::new();
        for state in &states {
            for takes in problem.kinds[*kind].places.iter().flatten() {
                let mut after = state.clone();
                takes.iter().for_each(|(pool, amount)| after[*pool] -= amount);
                if takes.iter().all(|(pool, amount)| *amount == 0 || after[*pool] >= 0) {
                    next.insert(after);
                }
            }
        }
        states = next;
    }
    !states.is_empty()
}

fn amounts(pools: usize) -> impl Strategy<Value = Option<Takes>> {
    let takes = proptest::collection::vec((0..pools, 0..4_i64), 0..4).prop_map(|takes| {
        let mut seen = HashSet::new();
        takes.into_iter().filter(|(pool, _)| seen.insert(*pool)).collect()
    });
    prop_oneof![1 => Just(None), 4 => takes.prop_map(Some)]
}

fn problems() -> impl Strategy<Value = Problem> {
    (1..5_usize, 1..4_usize).prop_flat_map(|(pools, places)| {
        let kind = proptest::collection::vec(amounts(pools), places).prop_map(|places| Kind { places });
        proptest::collection::vec(kind, 1..4).prop_flat_map(move |kinds| {
            let labs = proptest::collection::vec(0..kinds.len(), 0..8);
            (proptest::collection::vec(-1..9_i64, pools), Just(kinds), labs).prop_map(|(free, kinds, labs)| Problem {
                free,
                kinds,
                labs,
            })
        })
    })
}

proptest! {
    #[test]
    fn everybody_gets_a_place_if_and_only_if_all_fit(problem in problems()) {
        let placed = problem.solve();
        prop_assert_eq!(placed.len(), problem.labs.len());
        prop_assert_eq!(placed.iter().all(Option::is_some), all_fit(&problem));
    }

    #[test]
    fn nobody_goes_where_it_cannot_and_no_pool_is_overdrawn(problem in problems()) {
        let placed = problem.solve();
        let mut taken = vec![0; problem.free.len()];
        for (kind, place) in problem.labs.iter().zip(&placed) {
            let Some(place) = place else { continue };
            let takes = problem.kinds[*kind].places[*place].as_ref();
            prop_assert!(takes.is_some());
            takes.into_iter().flatten().for_each(|(pool, amount)| taken[*pool] += amount);
        }
        for (pool, taken) in taken.iter().enumerate().filter(|(_, taken)| **taken > 0) {
            prop_assert!(*taken <= problem.free[pool], "pool {pool}");
        }
        let left: Vec<i64> = problem.free.iter().zip(&taken).map(|(free, taken)| free - taken).collect();
        prop_assert_eq!(problem.left(&placed), left);
    }

    /// Labs of a shorter list that were made stay: what they take is gone, and the others find room exactly if they do.
    #[test]
    fn a_longer_list_moves_nobody(problem in problems(), cut in 0..8_usize) {
        let cut = cut.min(problem.labs.len());
        let shorter = Problem { labs: problem.labs[..cut].to_vec(), ..problem.clone() };
        let (first, whole) = (shorter.solve(), problem.solve());
        // As long as taking them in order does, the plan itself is the same.
        if problem.in_order().iter().all(Option::is_some) {
            prop_assert_eq!(&whole[..cut], &first[..]);
        }
        let rest = Problem { free: shorter.left(&first), labs: problem.labs[cut..].to_vec(), ..problem.clone() };
        let fits = rest.solve().iter().all(Option::is_some);
        prop_assert_eq!(fits, all_fit(&rest));
    }

    #[test]
    fn at_least_as_many_are_placed_as_by_taking_them_in_order(problem in problems()) {
        let count = |places: Vec<Option<usize>>| places.into_iter().flatten().count();
        prop_assert!(count(problem.solve()) >= count(problem.in_order()));
    }
}

/// Labs of one kind over `places` of one pool each.
fn plain(free: &[i64], labs: usize) -> Problem {
    let places = (0..free.len()).map(|pool| Some(vec![(pool, 1)])).collect();
    Problem { free: free.to_vec(), kinds: vec![Kind { places }], labs: vec![0; labs] }
}

#[test]
fn a_place_is_filled_before_the_next_one_is_begun() {
    assert_eq!(plain(&[2, 0, 9], 4).solve(), [Some(0), Some(0), Some(2), Some(2)]);
    assert_eq!(plain(&[1, 1], 3).solve(), [Some(0), Some(1), None]);
}

#[test]
fn a_lab_that_can_go_to_one_place_only_finds_it_although_another_would_have_taken_it() {
    let free = vec![1, 1];
    let kinds = vec![
        Kind { places: vec![Some(vec![(0, 1)]), Some(vec![(1, 1)])] },
        Kind { places: vec![Some(vec![(0, 1)]), None] },
    ];
    assert_eq!(Problem { free, kinds, labs: vec![0, 1] }.solve(), [Some(1), Some(0)]);
}

#[test]
fn a_thousand_labs_over_four_subscriptions_are_placed() {
    // Place p takes of its own pool and of its subscription's, two of 980.
    let mut free: Vec<i64> = vec![30; 40];
    free.extend([980; 4]);
    let places = (0..40).map(|place| Some(vec![(place, 1), (40 + place / 10, 2)])).collect();
    let problem = Problem { free, kinds: vec![Kind { places }], labs: vec![0; 1001] };
    let placed = problem.solve().into_iter().flatten().count();
    assert_eq!(placed, 1001);
    let full = Problem { labs: vec![0; 1300], ..problem }.solve();
    assert_eq!(full.into_iter().flatten().count(), 1200);
}
