//! Matrices of grey level by size: what GLRLM (run length), GLSZM (zone size) and GLDM (number of
//! dependent neighbours) share.

use super::discretise::Levels;

/// Sizes below this are counted in a table, larger ones listed: most runs and zones are short.
const SHORT: u32 = 1 << SHORT_BITS;
const SHORT_BITS: u32 = 5;

/// Counts (level, size) pairs; keeps its memory from matrix to matrix.
#[derive(Debug)]
pub(super) struct Tally {
    /// `short[rank * SHORT + size]`; rank 0 collects what lies outside the region, size 0 what is no
    /// run or zone. Two counts take turns, as neighbours are often alike and one would wait for the
    /// other.
    short: Vec<[u32; 2]>,
    /// Rank and size of each larger one.
    long: Vec<(u16, u32)>,
    /// Where in `short` the cells at hand are counted.
    places: Vec<u32>,
}

impl Tally {
    /// An empty tally for `levels`.
    pub fn new(levels: &Levels) -> Self {
        Self { short: vec![[0; 2]; (levels.grey_levels.len() + 1) << SHORT_BITS], long: Vec::new(), places: Vec::new() }
    }

    /// Adds a run, zone or pixel for each (rank, size); a size of 0 is none.
    pub fn add(&mut self, cells: impl Iterator<Item = (u16, u32)> + Clone) {
        // Places first: they are found several at a time, and counting has little left to do.
        let place = |(rank, size): (u16, u32)| u32::from(rank) << SHORT_BITS | if size < SHORT { size } else { 0 };
        self.places.clear();
        self.places.extend(cells.clone().map(place));
        // There are fewer runs, zones and pixels than would wrap a count.
        let add_one = |count: &mut u32| *count = count.wrapping_add(1);
        let (pairs, last) = self.places.as_chunks();
        for &[even, odd] in pairs {
            add_one(&mut self.short[even as usize][0]);
            add_one(&mut self.short[odd as usize][1]);
        }
        last.iter().for_each(|&place: &u32| add_one(&mut self.short[place as usize][0]));

        let is_long = |&(rank, size): &(u16, u32)| (size >= SHORT) & (rank != 0);
        if cells.clone().fold(false, |any, cell| any | is_long(&cell)) {
            self.long.extend(cells.filter(is_long));
        }
    }

    /// Adds what was counted to `matrix`, each `weight` times, and forgets it.
    pub fn move_into(&mut self, matrix: &mut SizeMatrix, levels: &Levels, weight: f64) {
        self.long.sort_unstable();
        let mut long = self.long.as_slice();
        for (rank, sizes) in (1_u16..).zip(self.short.chunks_exact(SHORT as usize).skip(1)) {
            let level = f64::from(levels.level(rank));
            let sizes = sizes.iter().map(|[even, odd]| even + odd).enumerate().skip(1);
            for (size, count) in sizes.filter(|&(_, count)| count > 0) {
                matrix.add(Cell { level, size: size as f64, count: weight * f64::from(count) });
            }
            while let Some(&(of, size)) = long.first().filter(|(of, _)| *of == rank) {
                let same = long.partition_point(|&pair| pair <= (of, size));
                matrix.add(Cell { level, size: f64::from(size), count: weight * same as f64 });
                long = &long[same..];
            }
        }
        self.short.fill([0; 2]);
        self.long.clear();
    }
}

/// One entry that is not 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    /// Grey level, at least 1.
    pub level: f64,
    /// Size, at least 1.
    pub size: f64,
    /// How many there are, times their weight.
    pub count: f64,
}

/// A matrix of counts.
#[derive(Debug, Default)]
pub(super) struct SizeMatrix {
    /// Ordered by level, then by size; one such list after the other where directions are merged.
    pub cells: Vec<Cell>,
}

impl SizeMatrix {
    fn add(&mut self, cell: Cell) {
        if cell.count > 0.0 {
            self.cells.push(cell);
        }
    }

    /// Joins the cells of merged directions.
    pub fn join(&mut self) {
        self.cells.sort_unstable_by(|a, b| (a.level, a.size).partial_cmp(&(b.level, b.size)).expect("finite"));
        self.cells.dedup_by(|later, earlier| {
            let same = (later.level, later.size) == (earlier.level, earlier.size);
            if same {
                earlier.count += later.count;
            }
            same
        });
    }

    /// What the features of the three classes are made of; the matrix must not be empty.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        let mut of_size = Vec::new();
        let (mut levels, mut sizes) = (Moments::default(), Moments::default());
        let mut entropy = 0.0;
        for row in self.cells.chunk_by(|a, b| a.level == b.level) {
            let (mut count, mut short, mut long) = (0.0, 0.0, 0.0);
            for cell in row {
                let square = cell.size * cell.size;
                count += cell.count;
                short += cell.count / square;
                long += cell.count * square;
                sizes.add(cell.size, cell.count);
                entropy += cell.count * cell.count.log2();
                let index = cell.size as usize;
                if of_size.len() <= index {
                    of_size.resize(index + 1, 0.0);
                }
                of_size[index] += cell.count;
            }
            let level = row[0].level;
            let square = level * level;
            levels.add(level, count);
            summary.level_non_uniformity += count * count;
            summary.small += short;
            summary.large += long;
            summary.low += count / square;
            summary.high += count * square;
            summary.small_low += short / square;
            summary.small_high += short * square;
            summary.large_low += long / square;
            summary.large_high += long * square;
        }
        summary.size_non_uniformity = of_size.iter().map(|count| count * count).sum();
        let total = levels.weight;
        for sum in summary.sums() {
            *sum /= total;
        }
        summary.total = total;
        summary.entropy = (total.log2() - entropy / total).max(0.0);
        summary.level_variance = self.variance(|cell| cell.level, &levels);
        summary.size_variance = self.variance(|cell| cell.size, &sizes);
        summary.percentage = total / sizes.first;
        summary
    }

    fn variance(&self, value: impl Fn(&Cell) -> f64, moments: &Moments) -> f64 {
        let mean = moments.first / moments.weight;
        self.cells.iter().map(|cell| cell.count * (value(cell) - mean).powi(2)).sum::<f64>() / moments.weight
    }
}

#[derive(Default)]
struct Moments {
    weight: f64,
    first: f64,
}

impl Moments {
    fn add(&mut self, value: f64, weight: f64) {
        self.weight += weight;
        self.first += weight * value;
    }
}

/// Sums over a matrix; each "emphasis" is the mean of a product of powers of level and size.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// Number of runs, zones or pixels.
    pub total: f64,
    /// Mean of 1 / size².
    pub small: f64,
    /// Mean of size².
    pub large: f64,
    /// Mean of 1 / level².
    pub low: f64,
    /// Mean of level².
    pub high: f64,
    /// Mean of 1 / (size² level²).
    pub small_low: f64,
    /// Mean of level² / size².
    pub small_high: f64,
    /// Mean of size² / level².
    pub large_low: f64,
    /// Mean of size² level².
    pub large_high: f64,
    /// Unevenness over levels: sum of the squares of their numbers, a run, zone or pixel.
    pub level_non_uniformity: f64,
    /// The same over sizes.
    pub size_non_uniformity: f64,
    /// Variance of the level.
    pub level_variance: f64,
    /// Variance of the size.
    pub size_variance: f64,
    /// Shannon's entropy in bits.
    pub entropy: f64,
    /// Runs or zones a pixel: 1 when each is a single pixel.
    pub percentage: f64,
}

impl Summary {
    /// What is summed up first and divided by the total at the end.
    fn sums(&mut self) -> [&mut f64; 10] {
        [
            &mut self.small,
            &mut self.large,
            &mut self.low,
            &mut self.high,
            &mut self.small_low,
            &mut self.small_high,
            &mut self.large_low,
            &mut self.large_high,
            &mut self.level_non_uniformity,
            &mut self.size_non_uniformity,
        ]
    }

    /// Unevenness over levels as a share, at most 1.
    pub fn level_non_uniformity_normalized(&self) -> f64 {
        self.level_non_uniformity / self.total
    }

    /// Unevenness over sizes as a share, at most 1.
    pub fn size_non_uniformity_normalized(&self) -> f64 {
        self.size_non_uniformity / self.total
    }
}
