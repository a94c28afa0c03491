//! The QR code of an enrolment, for screens, files and terminals.

use fast_qr::{
    ECL, QRBuilder, QRCode,
    convert::{Builder as _, Shape, svg::SvgBuilder},
};
use roster_model::TotpEnrolment;

use crate::{Error, Result};

/// Empty modules around the code; scanners want four (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

/// A QR code that an authenticator app reads. It holds the secret, so treat its pictures like one.
///
/// ```
/// use roster_client::{Qr, model::TotpEnrolment};
///
/// let enrolment = TotpEnrolment {
///     otpauth_url: "otpauth://totp/Roster:ann?secret=JBSWY3DPEHPK3PXP&issuer=Roster".into(),
///     secret: "JBSWY3DPEHPK3PXP".into(),
/// };
/// let qr = Qr::of(&enrolment)?;
/// assert!(qr.to_svg().starts_with("<svg"));
/// # Ok::<(), roster_client::Error>(())
/// ```
pub struct Qr(QRCode);

impl Qr {
    /// The code of an enrolment.
    ///
    /// # Errors
    /// The address is longer than a QR code can hold (about 2,300 characters).
    pub fn of(enrolment: &TotpEnrolment) -> Result<Self> {
        Self::of_text(enrolment.otpauth_url.expose())
    }

    /// The code of any text.
    ///
    /// # Errors
    /// The text is longer than a QR code can hold (about 2,300 characters).
    pub fn of_text(text: &str) -> Result<Self> {
        QRBuilder::new(text)
            .ecl(ECL::M)
            .build()
            .map(Self)
            .map_err(|_| Error::Setup("the text is too long for a QR code".into()))
    }

    /// Modules along one side, quiet zone included.
    fn width(&self) -> usize {
        self.0.size + 2 * QUIET_ZONE
    }

    /// Whether the module is dark; everything outside of the code is light.
    fn is_dark(&self, x: usize, y: usize) -> bool {
        let inside = |n: usize| n.checked_sub(QUIET_ZONE).filter(|n| *n < self.0.size);
        match (inside(x), inside(y)) {
            (Some(x), Some(y)) => self.0[y][x].value(),
            _ => false,
        }
    }

    /// An SVG picture, black on white, without fixed size.
    pub fn to_svg(&self) -> String {
        SvgBuilder::default().shape(Shape::Square).margin(QUIET_ZONE).to_str(&self.0)
    }

    /// A PNG picture, black on white, each module `scale` pixels wide (at least one).
    pub fn to_png(&self, scale: u8) -> Vec<u8> {
        let scale = usize::from(scale.max(1));
        let side = self.width() * scale;
        let stride = side.div_ceil(8);
        let mut pixels = vec![0u8; stride * side];
        for y in 0..side {
            for x in 0..side {
                if !self.is_dark(x / scale, y / scale) {
                    pixels[y * stride + x / 8] |= 0x80 >> (x % 8);
                }
            }
        }
        let mut file = Vec::new();
        // At most (177 + 8) * 255 pixels, which fits; and writing to memory cannot fail.
        let side = u32::try_from(side).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(&mut file, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let written = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&pixels).and_then(|()| writer.finish()));
        debug_assert!(written.is_ok(), "writing a picture to memory");
        file
    }

    /// Text for a terminal of any colours: two modules per character, light ones drawn, so that
    /// it reads as dark on light where text is light on dark, which scanners expect.
    pub fn to_text(&self) -> String {
        let width = self.width();
        let mut text = String::with_capacity(width * width * 2);
        for y in (0..width).step_by(2) {
            for x in 0..width {
                text.push(match (self.is_dark(x, y), self.is_dark(x, y + 1)) {
                    (true, true) => ' ',
                    (true, false) => '▄',
                    (false, true) => '▀',
                    (false, false) => '█',
                });
            }
            text.push('\n');
        }
        text
    }
}

impl std::fmt::Debug for Qr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Qr(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "otpauth://totp/Roster:ann?secret=JBSWY3DPEHPK3PXP&issuer=Roster";

    /// The modules of a picture, read back.
    fn modules_of_png(file: &[u8], scale: usize) -> Vec<Vec<bool>> {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        let side = frame.width as usize;
        assert_eq!(side, frame.height as usize);
        (0..side / scale)
            .map(|y| {
                (0..side / scale)
                    .map(|x| {
                        let (x, y) = (x * scale, y * scale);
                        pixels[y * frame.line_size + x / 8] & (0x80 >> (x % 8)) == 0
                    })
                    .collect()
            })
            .collect()
    }

    fn modules_of_text(text: &str, width: usize) -> Vec<Vec<bool>> {
        let mut rows = Vec::new();
        for line in text.lines() {
            rows.push(line.chars().map(|c| matches!(c, ' ' | '▄')).collect());
            rows.push(line.chars().map(|c| matches!(c, ' ' | '▀')).collect());
        }
        rows.truncate(width);
        rows
    }

    #[test]
    fn picture_and_text_show_the_same_modules() {
        let qr = Qr::of_text(TEXT).unwrap();
        let picture = modules_of_png(&qr.to_png(3), 3);
        assert_eq!(picture, modules_of_text(&qr.to_text(), qr.width()));
        assert!(picture.iter().flatten().any(|dark| *dark));
    }

    #[test]
    fn four_light_modules_surround_the_code() {
        let qr = Qr::of_text(TEXT).unwrap();
        let picture = modules_of_png(&qr.to_png(1), 1);
        let width = picture.len();
        for (y, row) in picture.iter().enumerate() {
            for (x, dark) in row.iter().enumerate() {
                if x < 4 || y < 4 || x >= width - 4 || y >= width - 4 {
                    assert!(!dark, "module {x},{y}");
                }
            }
        }
    }

    #[test]
    fn too_long_a_text_is_an_error() {
        assert!(Qr::of_text(&"x".repeat(4000)).is_err());
    }

    #[test]
    fn the_debug_text_hides_the_secret() {
        assert_eq!(format!("{:?}", Qr::of_text(TEXT).unwrap()), "Qr(***)");
    }
}
